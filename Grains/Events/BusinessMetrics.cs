using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SoonShop.Orders;
using SoonShop.Payments;

namespace SoonShop.Events;

/// <summary>What the shop does, as meter <c>SoonShop.Business</c>, told by the events that this silo commits.</summary>
public sealed class BusinessMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.Business";

    /// <summary>Who did something within this time is active.</summary>
    private static readonly TimeSpan ActiveFor = TimeSpan.FromMinutes(15);

    /// <summary>The most users that are told apart.</summary>
    private const int MaxUsers = 100_000;

    private readonly Counter<long> orders, revenue, refunded, payments;
    private readonly ConcurrentDictionary<Guid, long> lastSeen = new();
    private readonly TimeProvider time;

    /// <summary>Makes the meter's instruments.</summary>
    public BusinessMetrics(IMeterFactory meters, TimeProvider time)
    {
        this.time = time;
        var meter = meters.Create(MeterName);
        orders = meter.CreateCounter<long>("soonshop.orders", "{order}", "Orders by what became of them");
        revenue = meter.CreateCounter<long>("soonshop.revenue", "{minor_unit}", "Totals of confirmed orders, in minor units");
        refunded = meter.CreateCounter<long>("soonshop.refunded", "{minor_unit}", "Money given back, in minor units");
        payments = meter.CreateCounter<long>("soonshop.payments", "{attempt}", "Payments by outcome");
        meter.CreateObservableGauge("soonshop.active_users", CountActive, "{user}", "Customers of whom this silo committed something in the last 15 minutes");
    }

    /// <summary>An event was committed.</summary>
    public void Published(IShopEvent e)
    {
        switch (e)
        {
            case OrderPlaced o:
                Order("placed", o.Order);
                break;
            case OrderConfirmed o:
                Order("confirmed", o.Order);
                revenue.Add(o.Order.Total.Amount, new KeyValuePair<string, object?>("currency", o.Order.Total.Currency));
                break;
            case OrderRejected o:
                Order("rejected", o.Order);
                break;
            case OrderExpired o:
                Order("expired", o.Order);
                break;
            case OrderCancelled o:
                Order("cancelled", o.Order);
                break;
            case PaymentCaptured p:
                Payment("succeeded", p.CustomerId);
                break;
            case PaymentFailed p:
                Payment("failed", p.CustomerId);
                break;
            case PaymentActionRequired p:
                Payment("action_required", p.CustomerId);
                break;
            case PaymentRefunded p:
                refunded.Add(p.Amount.Amount, new KeyValuePair<string, object?>("currency", p.Amount.Currency));
                break;
            case Users.UserRegistered u:
                Saw(u.UserId);
                break;
            case Users.ProfileUpdated u:
                Saw(u.UserId);
                break;
        }
    }

    private void Order(string status, OrderFacts order)
    {
        orders.Add(1, new KeyValuePair<string, object?>("status", status));
        if (status == "placed")
            Saw(order.CustomerId);
    }

    private void Payment(string outcome, Guid? customer)
    {
        payments.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        Saw(customer);
    }

    private void Saw(Guid? user)
    {
        if (user is { } id && (lastSeen.Count < MaxUsers || lastSeen.ContainsKey(id)))
            lastSeen[id] = time.GetTimestamp();
    }

    private int CountActive()
    {
        foreach (var (id, seen) in lastSeen)
        {
            if (time.GetElapsedTime(seen) > ActiveFor)
                lastSeen.TryRemove(KeyValuePair.Create(id, seen));
        }
        return lastSeen.Count;
    }
}
