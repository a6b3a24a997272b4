namespace SoonShop.Payments;

/// <summary>
/// The port to whoever moves the money. Every call that changes something carries an idempotency key, which was written
/// down before: the provider does it once and gives the same answer again.
/// </summary>
/// <remarks>
/// A call throws <see cref="UnavailableException"/> when there is no definite answer: it may have happened or not, and
/// asking again under the same key is right. Whatever is definite – a decline, a refusal – is an answer, not an exception.
/// </remarks>
public interface IPaymentProvider
{
    /// <summary>
    /// False while the provider is known to be out of reach, so that nothing new need be begun. Calls for what was begun
    /// may be made all the same; they fail fast.
    /// </summary>
    bool IsAvailable { get; }

    /// <summary>Tries to take, or with manual capture to authorize, the whole amount at once.</summary>
    Task<ProviderPayment> CreateAsync(CreateProviderPayment command, CancellationToken cancellation);

    /// <summary>
    /// The same creation, but it is not to be carried out any more if it was not: afterwards nothing can be taken under its
    /// key, or its outcome stands and is answered.
    /// </summary>
    Task<ProviderPayment> WithdrawAsync(CreateProviderPayment command, CancellationToken cancellation);

    /// <summary>How a payment stands now, with its refunds and its dispute. Null when the provider knows none.</summary>
    Task<ProviderPayment?> RetrieveAsync(string reference, CancellationToken cancellation);

    /// <summary>
    /// Gives a payment up that was not captured: one that awaits the customer, was declined, or is authorized. When it was
    /// captured meanwhile, the answer says so and it stays.
    /// </summary>
    Task<ProviderPayment> CancelAsync(string reference, string idempotencyKey, CancellationToken cancellation);

    /// <summary>Takes part or all of what was authorized; what is left is released. When it cannot be taken any more, the answer says how the payment stands.</summary>
    Task<ProviderPayment> CaptureAsync(string reference, Money amount, string idempotencyKey, CancellationToken cancellation);

    /// <summary>Gives captured money back. A refusal is answered as <see cref="ProviderRefundStatus.Failed"/>, with the reason.</summary>
    Task<ProviderRefund> RefundAsync(CreateProviderRefund command, CancellationToken cancellation);
}

/// <summary>What the provider is asked to take.</summary>
/// <param name="IdempotencyKey">Derived from the order and the attempt; written down before the call.</param>
/// <param name="OrderId">For the provider's own records.</param>
/// <param name="CustomerId">Likewise.</param>
/// <param name="Amount">Minor units with currency.</param>
/// <param name="PaymentMethod">The provider's id of a payment method.</param>
/// <param name="AskedAt">When the key was written down: providers forget keys after a time.</param>
public sealed record CreateProviderPayment(
    string IdempotencyKey, Guid OrderId, Guid? CustomerId, Money Amount, string PaymentMethod, DateTimeOffset AskedAt)
{
    /// <summary>The provider's id of the customer, whose kept payment methods can be used.</summary>
    public string? Customer { get; init; }

    /// <summary>True when the customer wants the payment method kept for the next time. Needs <see cref="Customer"/>.</summary>
    public bool KeepMethod { get; init; }
}

/// <summary>What the provider is asked to give back.</summary>
/// <param name="IdempotencyKey">Derived from the order and the refund; written down before the call.</param>
/// <param name="Reference">The provider's id of the payment.</param>
/// <param name="OrderId">For the provider's own records.</param>
/// <param name="Amount">Minor units with currency.</param>
/// <param name="AskedAt">When the key was written down.</param>
public sealed record CreateProviderRefund(string IdempotencyKey, string Reference, Guid OrderId, Money Amount, DateTimeOffset AskedAt);

/// <summary>A payment as the provider sees it.</summary>
/// <param name="Reference">The provider's id; null when it was refused before there was a payment.</param>
/// <param name="Status">How it stands.</param>
/// <param name="ClientSecret">For the customer's device, when it must act.</param>
/// <param name="DeclineCode">Why it was declined.</param>
public sealed record ProviderPayment(string? Reference, ProviderPaymentStatus Status, string? ClientSecret = null, string? DeclineCode = null)
{
    /// <summary>Minor units that were taken; null when the answer does not tell, which for a captured payment means all.</summary>
    public long? Captured { get; init; }

    /// <summary>Every refund that the provider knows of; default when the answer does not tell.</summary>
    public ImmutableArray<ProviderRefund> Refunds { get; init; }

    /// <summary>The dispute about it, if there is one and the answer tells.</summary>
    public ProviderDispute? Dispute { get; init; }
}

/// <summary>How a payment stands at the provider.</summary>
public enum ProviderPaymentStatus
{
    /// <summary>The customer must act.</summary>
    RequiresAction,
    /// <summary>The money is taken.</summary>
    Captured,
    /// <summary>The payment method was refused. The customer's device may still complete the payment with another, until it is cancelled.</summary>
    Declined,
    /// <summary>It was given up: nothing can be taken any more.</summary>
    Cancelled,
    /// <summary>The money is held for us, not taken.</summary>
    Authorized,
    /// <summary>The provider works on it; its outcome comes later.</summary>
    Processing,
}

/// <summary>A refund as the provider sees it.</summary>
/// <param name="Reference">The provider's id; empty when it was refused before there was a refund.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="FailureReason">Why it failed.</param>
/// <param name="IdempotencyKey">Under which of our keys it was made; null for one that was made elsewhere.</param>
[GenerateSerializer, Immutable, Alias("soonshop.provider-refund")]
public sealed record ProviderRefund(string Reference, ProviderRefundStatus Status, long Amount, string? FailureReason = null, string? IdempotencyKey = null);

/// <summary>How a refund stands at the provider.</summary>
public enum ProviderRefundStatus
{
    /// <summary>The money is back, or certainly on its way.</summary>
    Succeeded,
    /// <summary>Accepted; it may still fail.</summary>
    Pending,
    /// <summary>The money stays with us.</summary>
    Failed,
}

/// <summary>A customer's complaint to their bank about a payment.</summary>
/// <param name="Reference">The provider's id.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Amount">Minor units in dispute.</param>
/// <param name="Reason">The bank's reason, such as <c>fraudulent</c>.</param>
[GenerateSerializer, Immutable, Alias("soonshop.provider-dispute")]
public sealed record ProviderDispute(string Reference, DisputeStatus Status, long Amount, string Reason);

/// <summary>The port to a provider that is only simulated: it lets a client play the customer's part.</summary>
public interface ISimulatedPayments
{
    /// <summary>The customer has proven to the bank that it is them: the waiting payment is captured. False when nothing waits.</summary>
    Task<bool> AuthenticateAsync(Guid orderId, CancellationToken cancellation);
}
