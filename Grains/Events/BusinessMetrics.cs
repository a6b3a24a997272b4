using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SoonShop.Aggregates;
using SoonShop.Carts;
using SoonShop.Inventory;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Users;

namespace SoonShop.Events;

/// <summary>The shop's business metrics, as meter <c>SoonShop.Business</c>. Each silo counts what it commits.</summary>
public sealed class BusinessMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.Business";

    /// <summary>A user counts as active for this long after an action.</summary>
    private static readonly TimeSpan ActiveFor = TimeSpan.FromMinutes(15);

    /// <summary>The most users that are distinguished.</summary>
    private const int MaxUsers = 100_000;

    private static readonly string[] OrderStatuses =
    [
        "placed", "awaiting_payment", "confirmed", "rejected", "expired", "cancelled", "shipped", "delivered", "refunded",
    ];
    private static readonly string[] PaymentOutcomes =
    [
        "succeeded", "failed", "action_required", "authorized", "cancelled", "refund_failed", "disputed",
    ];
    private static readonly string[] CartChanges = ["filled", "emptied", "merged", "ordered"];
    private static readonly string[] LoginOutcomes = ["succeeded", "refused", "throttled"];
    private static readonly string[] Crossings = ["low", "no_longer_low", "out", "back"];

    private readonly Counter<long> orders, revenue, refunded, payments, carts, registrations, logins, notifications, units, refusals,
        crossings;
    private readonly ConcurrentDictionary<Guid, long> lastSeen = new();
    private readonly TimeProvider time;

    /// <summary>Creates the meter's instruments. Counters that alerts compare are exported as 0 from the start.</summary>
    public BusinessMetrics(IMeterFactory meters, TimeProvider time)
    {
        this.time = time;
        var meter = meters.Create(MeterName);
        orders = meter.CreateCounter<long>("soonshop.orders", "{order}", "Orders by outcome");
        revenue = meter.CreateCounter<long>("soonshop.revenue", "{minor_unit}", "Totals of confirmed orders, in minor units");
        refunded = meter.CreateCounter<long>("soonshop.refunded", "{minor_unit}", "Refunded money, in minor units");
        payments = meter.CreateCounter<long>("soonshop.payments", "{attempt}", "Payments by outcome");
        carts = meter.CreateCounter<long>("soonshop.carts", "{cart}", "Changes of carts, by kind");
        registrations = meter.CreateCounter<long>("soonshop.registrations", "{user}", "Accounts made");
        logins = meter.CreateCounter<long>("soonshop.logins", "{attempt}", "Log-ins by password, by outcome");
        notifications = meter.CreateCounter<long>("soonshop.notifications", "{message}", "Messages by channel and outcome");
        units = meter.CreateCounter<long>("soonshop.inventory.units", "{unit}", "Units moved, by movement");
        refusals = meter.CreateCounter<long>(
            "soonshop.inventory.refusals", "{reservation}", "Reservations refused because of insufficient stock");
        crossings = meter.CreateCounter<long>("soonshop.inventory.crossings", "{item}", "Items whose stock crossed a threshold");
        meter.CreateObservableGauge(
            "soonshop.active_users", CountActive, "{user}", "Customers with a commit on this silo in the last 15 minutes");
        Begin(orders, "status", OrderStatuses);
        Begin(payments, "outcome", PaymentOutcomes);
        Begin(carts, "change", CartChanges);
        Begin(logins, "outcome", LoginOutcomes);
        Begin(crossings, "to", Crossings);
        registrations.Add(0);
        refusals.Add(0);
    }

    /// <summary>Counts a committed event.</summary>
    public void Published(IShopEvent e)
    {
        switch (e)
        {
            case OrderPlaced o:
                Count(orders, "status", "placed");
                RecordActivity(o.Order.CustomerId);
                break;
            case OrderAwaitingPayment:
                Count(orders, "status", "awaiting_payment");
                break;
            case OrderConfirmed o:
                Count(orders, "status", "confirmed");
                Count(revenue, "currency", o.Order.Total.Currency, o.Order.Total.Amount);
                break;
            case OrderRejected:
                Count(orders, "status", "rejected");
                break;
            case OrderExpired:
                Count(orders, "status", "expired");
                break;
            case OrderCancelled:
                Count(orders, "status", "cancelled");
                break;
            case OrderShipped:
                Count(orders, "status", "shipped");
                break;
            case OrderDelivered:
                Count(orders, "status", "delivered");
                break;
            case OrderRefunded:
                Count(orders, "status", "refunded");
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
            case PaymentAuthorized p:
                Payment("authorized", p.CustomerId);
                break;
            case PaymentCancelled:
                Count(payments, "outcome", "cancelled");
                break;
            case PaymentRefundFailed:
                Count(payments, "outcome", "refund_failed");
                break;
            case PaymentDisputed:
                Count(payments, "outcome", "disputed");
                break;
            case PaymentRefunded p:
                Count(refunded, "currency", p.Amount.Currency, p.Amount.Amount);
                break;
            case NotificationSuppressed n:
                Notification(n.Channel, "suppressed");
                break;
            case NotificationFailed n:
                Notification(n.Channel, "failed");
                break;
            case InventoryLowStock:
                Count(crossings, "to", "low");
                break;
            case InventoryNoLongerLow:
                Count(crossings, "to", "no_longer_low");
                break;
            case InventoryOutOfStock:
                Count(crossings, "to", "out");
                break;
            case InventoryBackInStock:
                Count(crossings, "to", "back");
                break;
            case UserRegistered u:
                registrations.Add(1);
                RecordActivity(u.UserId);
                break;
            case ProfileUpdated u:
                RecordActivity(u.UserId);
                break;
        }
    }

    /// <summary>Counts a message that a channel has accepted.</summary>
    public void Sent(string channel) => Notification(channel, "sent");

    /// <summary>Counts a committed movement of stock.</summary>
    public void Moved(LedgerRow row) => Count(units, "movement", MovementOf(row), Math.Abs((long)row.Delta));

    /// <summary>Counts a reservation that was refused because of insufficient stock.</summary>
    public void OutOfStock() => refusals.Add(1);

    /// <summary>Counts a change of a cart's lines.</summary>
    public void CartChanged(CartState before, CartState after)
    {
        if (before.Lines.Length == 0 && after.Lines.Length > 0)
            Count(carts, "change", "filled");
        else if (before.Lines.Length > 0 && after.Lines.Length == 0)
            Count(carts, "change", "emptied");
    }

    /// <summary>Counts a guest's cart that was merged into a customer's.</summary>
    public void CartMerged() => Count(carts, "change", "merged");

    /// <summary>Counts an order that removed its lines from a cart.</summary>
    public void CartOrdered() => Count(carts, "change", "ordered");

    /// <summary>Counts a login attempt: with the correct password, with a wrong one, or throttled.</summary>
    public void LoggedIn(bool succeeded, bool throttled = false) =>
        Count(logins, "outcome", throttled ? "throttled" : succeeded ? "succeeded" : "refused");

    private static string MovementOf(LedgerRow row) => row.Kind switch
    {
        nameof(StockMovementKind.Reservation) => "reservation",
        nameof(StockMovementKind.Release) => "release",
        nameof(StockMovementKind.Sale) => "sale",
        nameof(StockMovementKind.Return) => "return",
        _ => row.Delta < 0 ? "removed" : "received",
    };

    private void Payment(string outcome, Guid? customer)
    {
        Count(payments, "outcome", outcome);
        RecordActivity(customer);
    }

    private void Notification(string channel, string outcome) =>
        notifications.Add(1, new KeyValuePair<string, object?>("channel", channel), new KeyValuePair<string, object?>("outcome", outcome));

    private static void Count(Counter<long> counter, string label, string value, long count = 1) =>
        counter.Add(count, new KeyValuePair<string, object?>(label, value));

    private static void Begin(Counter<long> counter, string label, string[] values)
    {
        foreach (var value in values)
            Count(counter, label, value, 0);
    }

    private void RecordActivity(Guid? user)
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
