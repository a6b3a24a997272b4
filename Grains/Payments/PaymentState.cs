using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Orders;

namespace SoonShop.Payments;

/// <summary>
/// The rules of one order's money. At most one attempt is open at a time; once one has captured, no other is ever begun.
/// </summary>
public sealed record PaymentState
{
    /// <summary>The most attempts for one order.</summary>
    public const int MaxAttempts = 25;

    /// <summary>The most refunds of one order.</summary>
    public const int MaxRefunds = 100;

    /// <summary>How long after a decision the order is reminded to look, in case that nobody lived to carry it out or tell.</summary>
    private static readonly TimeSpan ReminderDelay = TimeSpan.FromSeconds(5);

    /// <summary>The order, and the payment: one id.</summary>
    public required Guid OrderId { get; init; }
    /// <summary>What it is for.</summary>
    public required PaymentTerms Terms { get; init; }
    /// <summary>Oldest first.</summary>
    public ImmutableArray<PaymentAttempt> Attempts { get; init; } = [];
    /// <summary>Oldest first.</summary>
    public ImmutableArray<Refund> Refunds { get; init; } = [];
    /// <summary>True once the order has given it up: no attempt may follow.</summary>
    public bool Closed { get; init; }

    /// <summary>The last attempt.</summary>
    public PaymentAttempt? Last => Attempts.Length > 0 ? Attempts[^1] : null;

    /// <summary>The attempt that took the money.</summary>
    public PaymentAttempt? Captured => Attempts.FirstOrDefault(a => a.Status == AttemptStatus.Captured);

    /// <summary>Minor units that refunds have given, or are about to give, back.</summary>
    public long Refunded => Refunds.Sum(r => r.Amount);

    /// <summary>Minor units that can still be given back.</summary>
    public long Refundable => Captured is null ? 0 : Terms.Amount.Amount - Refunded;

    /// <summary>Nothing tried yet.</summary>
    public static PaymentState Open(Guid orderId, PaymentTerms terms) => new() { OrderId = orderId, Terms = terms };

    /// <summary>Begins an attempt. It stays when there is nothing to begin: the attempt is known, the money is taken, or the payment is closed.</summary>
    public Decision<PaymentState> Begin(Charge charge, DateTimeOffset now)
    {
        if (charge.Terms != Terms)
            throw new InvalidOperationException($"Payment {OrderId} is for {Terms}, not {charge.Terms}.");
        if (Closed || Captured is not null || Attempts.Any(a => a.Id == charge.AttemptId))
            return Decision<PaymentState>.Stay(this);
        if (Last is { IsOpen: true })
            throw new InvalidOperationException($"Payment {OrderId} has an open attempt.");
        if (Attempts.Length >= MaxAttempts)
            return Decision<PaymentState>.Stay(this);
        var attempt = new PaymentAttempt(
            charge.AttemptId, $"{OrderId:N}/attempt/{Attempts.Length + 1}", charge.PaymentMethod, AttemptStatus.Asked, null, null, null, charge.FollowUp);
        var next = this with { Attempts = [.. Attempts, attempt] };
        // Should the process die before the provider has answered, the order comes back to it.
        return charge.FollowUp ? Decision<PaymentState>.To(next, new OrderCheckoutDue(OrderId, now + ReminderDelay)) : Decision<PaymentState>.To(next);
    }

    /// <summary>Takes the provider's word on the last attempt.</summary>
    public Decision<PaymentState> Record(ProviderPayment answer, DateTimeOffset now)
    {
        var last = Last ?? throw new InvalidOperationException($"Payment {OrderId} has no attempt.");
        var status = answer.Status switch
        {
            ProviderPaymentStatus.Captured => AttemptStatus.Captured,
            ProviderPaymentStatus.RequiresAction => AttemptStatus.RequiresAction,
            ProviderPaymentStatus.Cancelled => AttemptStatus.Cancelled,
            _ => AttemptStatus.Declined,
        };
        // What was captured stays captured, whatever comes late.
        if (last.Status == status || last.Status == AttemptStatus.Captured)
            return Decision<PaymentState>.Stay(this);
        var next = this with
        {
            Attempts = [.. Attempts.SkipLast(1), last with
            {
                Status = status, Reference = answer.Reference, ClientSecret = answer.ClientSecret, DeclineCode = answer.DeclineCode,
            }],
        };
        var events = new List<IShopEvent>();
        switch (status)
        {
            case AttemptStatus.Captured:
                events.Add(new PaymentCaptured(OrderId, Terms.CustomerId, Terms.Amount, answer.Reference));
                break;
            case AttemptStatus.RequiresAction:
                events.Add(new PaymentActionRequired(OrderId, Terms.CustomerId, Terms.Amount));
                break;
            case AttemptStatus.Declined:
                events.Add(new PaymentFailed(OrderId, Terms.CustomerId, Terms.Amount, answer.DeclineCode));
                break;
            case AttemptStatus.Cancelled:
                events.Add(new PaymentCancelled(OrderId, Terms.CustomerId));
                break;
        }
        // The customer acted, and the order did not ask just now: it is told again.
        if (last.Status == AttemptStatus.RequiresAction)
            events.Add(new OrderCheckoutDue(OrderId, now + ReminderDelay));
        return Decision<PaymentState>.To(next, events);
    }

    /// <summary>No attempt may follow.</summary>
    public Decision<PaymentState> Close() => Closed ? Decision<PaymentState>.Stay(this) : Decision<PaymentState>.To(this with { Closed = true });

    /// <summary>Writes a refund down before the provider is asked for it.</summary>
    public Decision<PaymentState> BeginRefund(RefundPayment command, DateTimeOffset now)
    {
        if (Refunds.Any(r => r.Id == command.RefundId))
            return Decision<PaymentState>.Stay(this);
        var amount = command.Amount ?? Refundable;
        if (amount < 1 || amount > Refundable)
            return new Refusal(RefusalCode.Conflict, $"{Refundable} {Terms.Amount.Currency} minor units can be refunded, not {amount}.");
        // All that is left can always be given back: it ends the parts.
        if (Refunds.Length >= MaxRefunds && command.Amount is not null)
            return new Refusal(RefusalCode.Conflict, $"A payment is refunded in at most {MaxRefunds} parts.");
        var refund = new Refund(command.RefundId, $"{OrderId:N}/refund/{Refunds.Length + 1}", amount, command.Reason, null);
        return Decision<PaymentState>.To(this with { Refunds = [.. Refunds, refund] }, new OrderCheckoutDue(OrderId, now + ReminderDelay));
    }

    /// <summary>Takes the provider's word on a refund.</summary>
    public Decision<PaymentState> RecordRefund(string refundId, ProviderRefund answer)
    {
        var refund = Refunds.First(r => r.Id == refundId);
        if (refund.Reference is not null)
            return Decision<PaymentState>.Stay(this);
        return Decision<PaymentState>.To(
            this with { Refunds = [.. Refunds.Select(r => r.Id == refundId ? r with { Reference = answer.Reference } : r)] },
            new PaymentRefunded(OrderId, Terms.CustomerId, refundId, Amount(refund.Amount), Amount(GivenBack + refund.Amount), refund.Reason));
    }

    /// <summary>Refunds that the provider was, perhaps, not yet asked for.</summary>
    public IEnumerable<Refund> OpenRefunds => Refunds.Where(r => r.Reference is null);

    /// <summary>How far it is.</summary>
    public PaymentStatus Status =>
        Captured is not null
            ? GivenBack == 0 ? PaymentStatus.Captured
            : GivenBack >= Terms.Amount.Amount ? PaymentStatus.Refunded : PaymentStatus.PartiallyRefunded
        : Closed ? PaymentStatus.Cancelled
        : Last?.Status switch
        {
            AttemptStatus.RequiresAction => PaymentStatus.RequiresAction,
            AttemptStatus.Declined => PaymentStatus.Declined,
            _ => PaymentStatus.Pending,
        };

    /// <summary>The payment as its owner sees it.</summary>
    public Payment ToView() => new(
        OrderId, Status, Terms.Amount, Amount(GivenBack), (Captured ?? Last)?.Method ?? "",
        Status == PaymentStatus.RequiresAction ? Last!.ClientSecret : null)
    {
        DeclineCode = Status == PaymentStatus.Declined ? Last!.DeclineCode : null,
        AttemptId = (Captured ?? Last)?.Id,
    };

    private long GivenBack => Refunds.Where(r => r.Reference is not null).Sum(r => r.Amount);

    private Money Amount(long minor) => Terms.Amount with { Amount = minor };
}

/// <summary>One try to take the money.</summary>
/// <param name="Id">The order's name for it.</param>
/// <param name="Key">The idempotency key for the provider.</param>
/// <param name="Method">The payment method.</param>
/// <param name="Status">How far it is.</param>
/// <param name="Reference">The provider's id, once known.</param>
/// <param name="ClientSecret">For the customer's device.</param>
/// <param name="DeclineCode">Why it was declined.</param>
/// <param name="FollowUp">See <see cref="Charge.FollowUp"/>.</param>
public sealed record PaymentAttempt(
    string Id, string Key, string Method, AttemptStatus Status, string? Reference, string? ClientSecret, string? DeclineCode, bool FollowUp)
{
    /// <summary>True while money may still be taken under it.</summary>
    public bool IsOpen => Status is AttemptStatus.Asked or AttemptStatus.RequiresAction;
}

/// <summary>How far an attempt is.</summary>
public enum AttemptStatus
{
    /// <summary>Written down; the provider's answer is not known.</summary>
    Asked,
    /// <summary>The customer must act.</summary>
    RequiresAction,
    /// <summary>The money is taken.</summary>
    Captured,
    /// <summary>Declined.</summary>
    Declined,
    /// <summary>Given up.</summary>
    Cancelled,
}

/// <summary>Money given back; <paramref name="Reference"/> is the provider's id once it has confirmed.</summary>
public sealed record Refund(string Id, string Key, long Amount, string Reason, string? Reference);
