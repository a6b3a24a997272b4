namespace SoonShop.Payments;

/// <summary>One attempt to charge the customer.</summary>
/// <param name="Id">The id that the order gave it.</param>
/// <param name="Key">The idempotency key for the provider.</param>
/// <param name="Method">The payment method.</param>
/// <param name="Status">Its status.</param>
/// <param name="Reference">The provider's id, once known.</param>
/// <param name="ClientSecret">The secret for the customer's device.</param>
/// <param name="DeclineCode">Why it was declined.</param>
/// <param name="FollowUp">See <see cref="Charge.FollowUp"/>.</param>
public sealed record PaymentAttempt(
    string Id, string Key, string Method, AttemptStatus Status, string? Reference, string? ClientSecret, string? DeclineCode, bool FollowUp)
{
    /// <summary>When it was stored.</summary>
    public DateTimeOffset AskedAt { get; init; }

    /// <summary>The provider's id of the customer, when the customer's saved payment methods may be used.</summary>
    public string? Customer { get; init; }

    /// <summary>True to save the payment method for later payments.</summary>
    public bool KeepMethod { get; init; }

    /// <summary>Captured minor units; null for the whole amount.</summary>
    public long? CapturedAmount { get; init; }

    /// <summary>True once the provider has confirmed that a declined attempt can no longer be completed.</summary>
    public bool Released { get; init; }

    /// <summary>True while its outcome is unknown, or depends on the customer or the provider.</summary>
    public bool IsOpen => Status is AttemptStatus.Asked or AttemptStatus.RequiresAction or AttemptStatus.Processing;

    /// <summary>True while it may still capture money. It must be cancelled before another attempt starts.</summary>
    public bool MayTake =>
        IsOpen || Status == AttemptStatus.Authorized || (Status == AttemptStatus.Declined && Reference is not null && !Released);

    /// <summary>Applies the provider's payment; unchanged when that is out of date.</summary>
    internal PaymentAttempt Apply(ProviderPayment answer)
    {
        var status = answer.Status switch
        {
            ProviderPaymentStatus.Captured => AttemptStatus.Captured,
            ProviderPaymentStatus.Authorized => AttemptStatus.Authorized,
            ProviderPaymentStatus.RequiresAction => AttemptStatus.RequiresAction,
            ProviderPaymentStatus.Processing => AttemptStatus.Processing,
            ProviderPaymentStatus.Cancelled => AttemptStatus.Cancelled,
            _ => AttemptStatus.Declined,
        };
        // A declined attempt that was cancelled stays declined; Released records the cancellation.
        if (status == Status
            || Status is AttemptStatus.Captured or AttemptStatus.Cancelled
            || (Status == AttemptStatus.Declined && status == AttemptStatus.Cancelled))
            return this;
        return this with
        {
            Status = status,
            Reference = answer.Reference ?? Reference,
            ClientSecret = answer.ClientSecret,
            DeclineCode = answer.DeclineCode,
            CapturedAmount = status == AttemptStatus.Captured ? answer.Captured : null,
            Released = false,
        };
    }

    /// <summary>The request to the provider.</summary>
    public CreateProviderPayment ToCommand(PaymentState payment) =>
        new(Key, payment.OrderId, payment.Terms.CustomerId, payment.Terms.Amount, Method, AskedAt)
        { Customer = Customer, KeepMethod = KeepMethod };
}

/// <summary>The status of an attempt.</summary>
public enum AttemptStatus
{
    /// <summary>Stored; the provider's response is unknown.</summary>
    Asked,
    /// <summary>The customer must act.</summary>
    RequiresAction,
    /// <summary>The money was captured.</summary>
    Captured,
    /// <summary>Declined.</summary>
    Declined,
    /// <summary>Cancelled.</summary>
    Cancelled,
    /// <summary>The money is authorized.</summary>
    Authorized,
    /// <summary>The provider is processing it.</summary>
    Processing,
}

/// <summary>The capture of an authorized amount, stored before the provider is called.</summary>
/// <param name="Id">The operation.</param>
/// <param name="Key">The idempotency key for the provider.</param>
/// <param name="Amount">Minor units.</param>
public sealed record PaymentCapture(string Id, string Key, long Amount);

/// <summary>A refund.</summary>
/// <param name="Id">The operation.</param>
/// <param name="Key">The idempotency key for the provider; empty for a refund made outside the shop.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="Reason">Why.</param>
/// <param name="Reference">The provider's id, once it has responded; empty when it rejected the refund.</param>
public sealed record Refund(string Id, string Key, long Amount, string Reason, string? Reference)
{
    /// <summary>Its status.</summary>
    public RefundStatus Status { get; init; } = RefundStatus.Succeeded;

    /// <summary>When it was stored.</summary>
    public DateTimeOffset AskedAt { get; init; }

    /// <summary>Why it failed.</summary>
    public string? FailureReason { get; init; }

    /// <summary>The credit whose money is refunded, for the order that it paid for; null for a refund of this payment's order.</summary>
    public string? CreditId { get; init; }

    /// <summary>True when the payment of the earlier order, whose credit paid for this order, refunds it.</summary>
    public bool IsFromCredit { get; init; }

    /// <summary>True while the provider has not responded.</summary>
    public bool IsOpen => Reference is null;

    /// <summary>True when the refund failed.</summary>
    public bool HasFailed => !IsOpen && Status == RefundStatus.Failed;
}

/// <summary>The status of a refund.</summary>
public enum RefundStatus
{
    /// <summary>The money was returned, or its return is certain.</summary>
    Succeeded,
    /// <summary>Accepted; it may still fail.</summary>
    Pending,
    /// <summary>The refund failed. The shop keeps the money.</summary>
    Failed,
}
