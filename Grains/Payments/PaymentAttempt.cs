namespace SoonShop.Payments;

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
    /// <summary>When it was written down.</summary>
    public DateTimeOffset AskedAt { get; init; }

    /// <summary>The provider's id of the customer, when the customer's kept payment methods may be used.</summary>
    public string? Customer { get; init; }

    /// <summary>True when the payment method is to be kept for the next time.</summary>
    public bool KeepMethod { get; init; }

    /// <summary>Minor units that were taken; null for all of them.</summary>
    public long? CapturedAmount { get; init; }

    /// <summary>True once the provider has confirmed that a declined attempt cannot be completed any more.</summary>
    public bool Released { get; init; }

    /// <summary>True while its outcome is not known, or depends on somebody else.</summary>
    public bool IsOpen => Status is AttemptStatus.Asked or AttemptStatus.RequiresAction or AttemptStatus.Processing;

    /// <summary>True while money may still be taken under it: it must be given up before there is another.</summary>
    public bool MayTake => IsOpen || Status == AttemptStatus.Authorized || (Status == AttemptStatus.Declined && Reference is not null && !Released);

    /// <summary>The attempt after the provider's word; the same when that is old news.</summary>
    internal PaymentAttempt Hear(ProviderPayment answer)
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
        // That a declined attempt was given up is a matter of its being released: it stays a declined one.
        if (status == Status || Status is AttemptStatus.Captured or AttemptStatus.Cancelled || (Status == AttemptStatus.Declined && status == AttemptStatus.Cancelled))
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

    /// <summary>What the provider is, or was, asked.</summary>
    public CreateProviderPayment ToCommand(PaymentState payment) =>
        new(Key, payment.OrderId, payment.Terms.CustomerId, payment.Terms.Amount, Method, AskedAt) { Customer = Customer, KeepMethod = KeepMethod };
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
    /// <summary>The money is held for us.</summary>
    Authorized,
    /// <summary>The provider works on it.</summary>
    Processing,
}

/// <summary>A capture of what was authorized, written down before the provider is asked.</summary>
/// <param name="Id">The operation.</param>
/// <param name="Key">The idempotency key for the provider.</param>
/// <param name="Amount">Minor units.</param>
public sealed record PaymentCapture(string Id, string Key, long Amount);

/// <summary>Money given back.</summary>
/// <param name="Id">The operation.</param>
/// <param name="Key">The idempotency key for the provider; empty when it was made at the provider itself.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="Reason">Why.</param>
/// <param name="Reference">The provider's id, once it has answered; empty when it refused.</param>
public sealed record Refund(string Id, string Key, long Amount, string Reason, string? Reference)
{
    /// <summary>How it stands, once the provider has answered.</summary>
    public RefundStatus Status { get; init; } = RefundStatus.Succeeded;

    /// <summary>When it was written down.</summary>
    public DateTimeOffset AskedAt { get; init; }

    /// <summary>Why it failed.</summary>
    public string? FailureReason { get; init; }

    /// <summary>True while the provider has not answered.</summary>
    public bool IsOpen => Reference is null;

    /// <summary>True when the money stays with us.</summary>
    public bool HasFailed => !IsOpen && Status == RefundStatus.Failed;
}

/// <summary>How a refund stands.</summary>
public enum RefundStatus
{
    /// <summary>The money is back, or certainly on its way.</summary>
    Succeeded,
    /// <summary>Accepted; it may still fail.</summary>
    Pending,
    /// <summary>The money stays with us.</summary>
    Failed,
}
