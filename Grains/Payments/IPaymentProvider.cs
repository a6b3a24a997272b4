namespace SoonShop.Payments;

/// <summary>
/// The port to the payment provider. Every call that changes something carries an idempotency key, which is stored before the
/// call: the provider carries the request out once and repeats its response.
/// </summary>
/// <remarks>
/// A call throws <see cref="UnavailableException"/> when its outcome is unknown. Repeat it with the same key. A definite outcome,
/// such as a decline, is returned and not thrown.
/// </remarks>
public interface IPaymentProvider
{
    /// <summary>
    /// False while the provider is known to be unreachable. The caller then starts no new payment. Calls for payments that
    /// have started are still allowed; they fail fast.
    /// </summary>
    bool IsAvailable { get; }

    /// <summary>Creates a payment and captures the whole amount, or authorizes it when capture is manual.</summary>
    Task<ProviderPayment> CreateAsync(CreateProviderPayment command, CancellationToken cancellation);

    /// <summary>
    /// Voids a creation whose outcome is unknown. If the provider has not carried it out, it never will. If it has, the
    /// resulting payment is returned.
    /// </summary>
    Task<ProviderPayment> VoidAsync(CreateProviderPayment command, CancellationToken cancellation);

    /// <summary>Retrieves a payment with its refunds and its dispute. Null when the provider has no such payment.</summary>
    Task<ProviderPayment?> RetrieveAsync(string reference, CancellationToken cancellation);

    /// <summary>
    /// Cancels a payment that was not captured: it awaits the customer, was declined, or is authorized. A payment that was
    /// captured in the meantime is returned unchanged.
    /// </summary>
    Task<ProviderPayment> CancelAsync(string reference, string idempotencyKey, CancellationToken cancellation);

    /// <summary>
    /// Captures part or all of an authorized amount and releases the rest. When capture is no longer possible, the payment is returned
    /// unchanged.
    /// </summary>
    Task<ProviderPayment> CaptureAsync(string reference, Money amount, string idempotencyKey, CancellationToken cancellation);

    /// <summary>
    /// Refunds captured money. A rejected refund is returned as <see cref="ProviderRefundStatus.Failed"/>, with the reason.
    /// </summary>
    Task<ProviderRefund> RefundAsync(CreateProviderRefund command, CancellationToken cancellation);
}

/// <summary>The payment to create at the provider.</summary>
/// <param name="IdempotencyKey">Derived from the order and the attempt; stored before the call.</param>
/// <param name="OrderId">For the provider's own records.</param>
/// <param name="CustomerId">For the provider's own records.</param>
/// <param name="Amount">Amount in minor units, with its currency.</param>
/// <param name="PaymentMethod">The provider's id of a payment method.</param>
/// <param name="AskedAt">When the key was stored. Providers drop keys after some time.</param>
public sealed record CreateProviderPayment(
    string IdempotencyKey, Guid OrderId, Guid? CustomerId, Money Amount, string PaymentMethod, DateTimeOffset AskedAt)
{
    /// <summary>The provider's id of the customer. Saved payment methods of this customer can be used.</summary>
    public string? Customer { get; init; }

    /// <summary>True to save the payment method for later payments. Requires <see cref="Customer"/>.</summary>
    public bool KeepMethod { get; init; }
}

/// <summary>The refund to create at the provider.</summary>
/// <param name="IdempotencyKey">Derived from the order and the refund; stored before the call.</param>
/// <param name="Reference">The provider's id of the payment.</param>
/// <param name="OrderId">For the provider's own records.</param>
/// <param name="Amount">Amount in minor units, with its currency.</param>
/// <param name="AskedAt">When the key was stored.</param>
public sealed record CreateProviderRefund(string IdempotencyKey, string Reference, Guid OrderId, Money Amount, DateTimeOffset AskedAt);

/// <summary>A payment at the provider.</summary>
/// <param name="Reference">The provider's id; null when the request was rejected before a payment existed.</param>
/// <param name="Status">Its status.</param>
/// <param name="ClientSecret">The secret for the customer's device, when the customer must act.</param>
/// <param name="DeclineCode">Why it was declined, as the provider's code; see <see cref="IPaymentProviderInfo.TextOf"/>.</param>
public sealed record ProviderPayment(
    string? Reference, ProviderPaymentStatus Status, string? ClientSecret = null, string? DeclineCode = null)
{
    /// <summary>
    /// Captured minor units. Null when the provider does not report them; for a captured payment, null means the whole amount.
    /// </summary>
    public long? Captured { get; init; }

    /// <summary>All refunds of the payment; default when the provider does not report them.</summary>
    public ImmutableArray<ProviderRefund> Refunds { get; init; }

    /// <summary>The dispute, if there is one and the provider reports it.</summary>
    public ProviderDispute? Dispute { get; init; }
}

/// <summary>The status of a payment at the provider.</summary>
public enum ProviderPaymentStatus
{
    /// <summary>The customer must act.</summary>
    RequiresAction,
    /// <summary>The money was captured.</summary>
    Captured,
    /// <summary>
    /// The payment method was declined. Until the payment is cancelled, the customer's device may complete it with another method.
    /// </summary>
    Declined,
    /// <summary>The payment was cancelled: no money can be captured.</summary>
    Cancelled,
    /// <summary>The money is authorized, not captured.</summary>
    Authorized,
    /// <summary>The provider is processing the payment; the outcome follows later.</summary>
    Processing,
}

/// <summary>A refund at the provider.</summary>
/// <param name="Reference">The provider's id; empty when the request was rejected before a refund existed.</param>
/// <param name="Status">Its status.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="FailureReason">Why it failed.</param>
/// <param name="IdempotencyKey">The shop's idempotency key; null for a refund made outside the shop.</param>
[GenerateSerializer, Immutable, Alias("soonshop.provider-refund")]
public sealed record ProviderRefund(
    string Reference, ProviderRefundStatus Status, long Amount, string? FailureReason = null, string? IdempotencyKey = null);

/// <summary>The status of a refund at the provider.</summary>
public enum ProviderRefundStatus
{
    /// <summary>The money was returned, or its return is certain.</summary>
    Succeeded,
    /// <summary>Accepted; it may still fail.</summary>
    Pending,
    /// <summary>The refund failed. The shop keeps the money.</summary>
    Failed,
}

/// <summary>A dispute: the customer contests the payment at the bank.</summary>
/// <param name="Reference">The provider's id.</param>
/// <param name="Status">Its status.</param>
/// <param name="Amount">Minor units in dispute.</param>
/// <param name="Reason">The bank's reason, such as <c>fraudulent</c>.</param>
[GenerateSerializer, Immutable, Alias("soonshop.provider-dispute")]
public sealed record ProviderDispute(string Reference, DisputeStatus Status, long Amount, string Reason);

/// <summary>The port to the simulated provider, where a client acts for the customer.</summary>
public interface ISimulatedPayments
{
    /// <summary>Completes the customer's authentication: the waiting payment is captured. False when no payment waits.</summary>
    Task<bool> AuthenticateAsync(Guid orderId, CancellationToken cancellation);
}
