using Orleans.Concurrency;

namespace SoonShop.Payments;

/// <summary>
/// The money of one order. Keyed by the order's id. Each attempt and refund is written down with the key under which
/// the provider is asked, before it is asked; after a crash it is asked again under the same key.
/// Throws <see cref="UnavailableException"/> while the provider gives no definite answer.
/// </summary>
[Alias("soonshop.payment")]
public interface IPaymentGrain : IGrainWithGuidKey
{
    /// <summary>Tries to take the money. Idempotent by attempt. An attempt that still awaits the customer is cancelled first.</summary>
    [Alias("charge")]
    Task<Payment> ChargeAsync(Charge command);

    /// <summary>Brings an attempt of unknown outcome to its end, and asks the provider how one that awaits the customer stands.</summary>
    [Alias("settle")]
    Task<Payment?> SettleAsync();

    /// <summary>
    /// Makes sure that nothing is, or ever will be, taken: cancels what is pending, refunds what was captured.
    /// Idempotent. With <paramref name="refundCaptured"/> false captured money stays, and the answer tells. A payment that
    /// was never tried is closed all the same, so that an attempt that comes late is declined.
    /// </summary>
    [Alias("cancel")]
    Task<Payment> CancelAsync(PaymentTerms terms, bool refundCaptured, string reason);

    /// <summary>
    /// Takes part or all of what was authorized; the rest is released. Idempotent by capture id. Refused: <c>conflict</c> when nothing is
    /// authorized (any more), or for more than is.
    /// </summary>
    [Alias("capture")]
    Task<Result<Payment>> CaptureAsync(CapturePayment command);

    /// <summary>
    /// Asks the provider how the payment with its reference stands, and takes its word, whatever was known before. Null when the
    /// reference is not one of this payment's. Idempotent.
    /// </summary>
    [Alias("review")]
    Task<Payment?> ReviewAsync(string reference);

    /// <summary>Erases what somebody may have written about the buyer; sums and the provider's references stay. Idempotent.</summary>
    [Alias("erase")]
    Task EraseAsync();

    /// <summary>Gives money back. Idempotent by refund id. Refused: <c>conflict</c> for more than is left, or when the provider refuses.</summary>
    [Alias("refund")]
    Task<Result<Payment>> RefundAsync(RefundPayment command);

    /// <summary>The payment. Refused: <c>not-found</c>, also when it is not the caller's.</summary>
    [Alias("get"), AlwaysInterleave]
    Task<Result<Payment>> GetAsync(Caller caller);
}

/// <summary>Plays the customer's part with the simulated provider. Any key.</summary>
[Alias("soonshop.simulated-payments")]
public interface ISimulatedPaymentsGrain : IGrainWithIntegerKey
{
    /// <summary>The customer proves to the bank that it is them. Refused: <c>not-found</c>, also when the provider is a real one; <c>conflict</c> when nothing awaits it.</summary>
    [Alias("authenticate")]
    Task<Result<Payment>> AuthenticateAsync(Caller caller, Guid paymentId);
}

/// <summary>What a payment is for: fixed by the order.</summary>
/// <param name="CustomerId">Who pays; null for a guest.</param>
/// <param name="CartId">The guest's cart.</param>
/// <param name="Amount">The order's total.</param>
[GenerateSerializer, Immutable, Alias("soonshop.payment-terms")]
public sealed record PaymentTerms(Guid? CustomerId, Guid? CartId, Money Amount);

/// <summary>An attempt to take the money of an order.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.charge")]
public sealed record Charge(string AttemptId, PaymentTerms Terms, string PaymentMethod)
{
    /// <summary>True for an attempt that the order's own schedule does not watch over: then the payment schedules a second look itself.</summary>
    [Id(0)] public bool FollowUp { get; init; }

    /// <summary>The provider's id of the customer, whose kept payment methods can be used.</summary>
    [Id(1)] public string? Customer { get; init; }

    /// <summary>True when the customer wants the payment method kept for the next time.</summary>
    [Id(2)] public bool KeepMethod { get; init; }

    /// <summary>
    /// True for the first that the payment hears of an order placed a moment ago: it has no row, and need not look for one. Should it have one, it
    /// notices before the provider is asked.
    /// </summary>
    [Id(3)] public bool IsFirst { get; init; }
}

/// <summary>A capture of part of what was authorized, or, with <paramref name="Amount"/> null, of all of it.</summary>
/// <param name="CaptureId">The operation.</param>
/// <param name="Amount">Minor units.</param>
[GenerateSerializer, Immutable, Alias("soonshop.capture-payment")]
public sealed record CapturePayment(string CaptureId, long? Amount);

/// <summary>A refund of part of a payment, or, with <paramref name="Amount"/> null, of all that is left.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.refund-payment")]
public sealed record RefundPayment(string RefundId, long? Amount, string Reason);

/// <summary>A payment as owner and administrators see it.</summary>
/// <param name="Id">The same as the order's.</param>
/// <param name="Status">How far it is.</param>
/// <param name="Amount">What is to be, or was, taken.</param>
/// <param name="Refunded">What was given back.</param>
/// <param name="Method">The payment method of the last attempt.</param>
/// <param name="ClientSecret">For the customer's device, while the customer must act.</param>
[GenerateSerializer, Immutable, Alias("soonshop.payment-view")]
public sealed record Payment(Guid Id, PaymentStatus Status, Money Amount, Money Refunded, string Method, string? ClientSecret)
{
    /// <summary>Why the last attempt was declined, in the provider's word.</summary>
    [Id(0)] public string? DeclineCode { get; init; }

    /// <summary>The operation that made the attempt that captured, or else the last one.</summary>
    [Id(1)] public string? AttemptId { get; init; }

    /// <summary>What was taken so far; less than <see cref="Amount"/> after a partial capture.</summary>
    [Id(2)] public Money Captured { get; init; } = Amount with { Amount = 0 };

    /// <summary>The customer's complaint to the bank, if there is one.</summary>
    [Id(3)] public Dispute? Dispute { get; init; }
}

/// <summary>A customer's complaint to their bank about a payment.</summary>
/// <param name="Status">How it stands.</param>
/// <param name="Amount">What it is about.</param>
/// <param name="Reason">The bank's reason, such as <c>fraudulent</c>.</param>
[GenerateSerializer, Immutable, Alias("soonshop.dispute")]
public sealed record Dispute(DisputeStatus Status, Money Amount, string Reason);

/// <summary>How a dispute stands.</summary>
[Alias("soonshop.dispute-status")]
public enum DisputeStatus
{
    /// <summary>The bank has not decided.</summary>
    Open,
    /// <summary>The money stays with the shop.</summary>
    Won,
    /// <summary>The bank has given the money back.</summary>
    Lost,
}

/// <summary>How far a payment is.</summary>
[Alias("soonshop.payment-status")]
public enum PaymentStatus
{
    /// <summary>Not tried yet, or the outcome of the last try is not known yet.</summary>
    Pending,
    /// <summary>The customer must act, with the client secret.</summary>
    RequiresAction,
    /// <summary>The last attempt was declined.</summary>
    Declined,
    /// <summary>The money is taken.</summary>
    Captured,
    /// <summary>Part of it was given back.</summary>
    PartiallyRefunded,
    /// <summary>All of it was given back.</summary>
    Refunded,
    /// <summary>Given up before anything was taken.</summary>
    Cancelled,
    /// <summary>The money is held for the shop; it is taken when the order is shipped, or by hand.</summary>
    Authorized,
}
