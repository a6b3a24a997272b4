using Orleans.Concurrency;

namespace SoonShop.Payments;

/// <summary>
/// The payment of one order. Keyed by the order's id. Each attempt and refund is stored with its idempotency key before the provider is
/// called; the first attempt may be stored by the order alone. After a crash, the call is repeated with the same key. Throws
/// <see cref="UnavailableException"/> while the provider gives no definite response.
/// </summary>
[Alias("soonshop.payment")]
public interface IPaymentGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Attempts to charge the customer. Idempotent by attempt. An attempt that still awaits the customer is cancelled first.
    /// </summary>
    [Alias("charge")]
    Task<Payment> ChargeAsync(Charge command);

    /// <summary>Resolves an attempt of unknown outcome, and retrieves one that awaits the customer.</summary>
    [Alias("settle")]
    Task<Payment?> SettleAsync();

    /// <summary>
    /// Ends the payment so that no money is or will be taken: cancels pending attempts and refunds captured money. Idempotent. With
    /// <paramref name="refundCaptured"/> false captured money stays, and the result tells. A payment without attempts is closed as well, so
    /// that a late attempt is declined.
    /// </summary>
    [Alias("cancel")]
    Task<Payment> CancelAsync(PaymentTerms terms, bool refundCaptured, string reason);

    /// <summary>
    /// As <see cref="CancelAsync(PaymentTerms, bool, string)"/>, for an order whose first attempt this payment may not have stored: the
    /// attempt is stored as abandoned first, and then voided at the provider. Idempotent.
    /// </summary>
    [Alias("cancel-first")]
    Task<Payment> CancelAsync(CancelPayment command);

    /// <summary>
    /// Captures part or all of the authorized amount and releases the rest. Idempotent by capture id. Error: <c>conflict</c> when nothing
    /// is authorized, or for more than is.
    /// </summary>
    [Alias("capture")]
    Task<Result<Payment>> CaptureAsync(CapturePayment command);

    /// <summary>
    /// Retrieves the payment with this reference from the provider and applies it, whatever was known before. Null when the reference does
    /// not belong to this payment. Idempotent.
    /// </summary>
    [Alias("review")]
    Task<Payment?> ReviewAsync(string reference);

    /// <summary>Erases free text about the buyer; amounts and the provider's references stay. Idempotent.</summary>
    [Alias("erase")]
    Task EraseAsync();

    /// <summary>
    /// Refunds money. Idempotent by refund id. Error: <c>conflict</c> for more than is left, or when the provider rejects it.
    /// </summary>
    [Alias("refund")]
    Task<Result<Payment>> RefundAsync(RefundPayment command);

    /// <summary>
    /// Holds money of this payment for another order, so that it cannot be refunded meanwhile. Idempotent by credit id. Error:
    /// <c>conflict</c> for more than is left, or while the payment is disputed.
    /// </summary>
    [Alias("hold-credit")]
    Task<Result<Payment>> HoldCreditAsync(HoldCredit command);

    /// <summary>
    /// Ends the hold of a credit: <paramref name="used"/> minor units pay the other order, and the rest can be refunded again. Idempotent;
    /// the first call counts. An unknown credit is refused from then on. Null when there is no payment.
    /// </summary>
    [Alias("end-credit")]
    Task<Payment?> EndCreditAsync(string creditId, long used);

    /// <summary>
    /// Refunds money that a credit of this payment has paid for another order, and returns the refunded minor units: fewer than asked for
    /// when the provider rejects a part. Idempotent by refund id. Error: <c>conflict</c> for more than the credit is, while the payment is
    /// disputed, or when the provider rejects it.
    /// </summary>
    [Alias("refund-credit")]
    Task<Result<long>> RefundCreditAsync(RefundCredit command);

    /// <summary>
    /// Returns the payment. The token of a mailed link to its order opens it, too; the order verifies the token. Error: <c>not-found</c>,
    /// also when the payment does not belong to the caller.
    /// </summary>
    [Alias("get"), AlwaysInterleave]
    Task<Result<Payment>> GetAsync(Caller caller);
}

/// <summary>Acts as the customer at the simulated provider. Any key addresses it.</summary>
[Alias("soonshop.simulated-payments")]
public interface ISimulatedPaymentsGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Completes the customer's authentication at the bank. Errors: <c>not-found</c>, also with a real provider; <c>conflict</c> when no
    /// payment awaits it.
    /// </summary>
    [Alias("authenticate")]
    Task<Result<Payment>> AuthenticateAsync(Caller caller, Guid paymentId);
}

/// <summary>The terms of a payment, which the order determines.</summary>
/// <param name="CustomerId">The payer; null for a guest.</param>
/// <param name="CartId">The guest's cart.</param>
/// <param name="Amount">What is charged: the order's total, less what a credit pays.</param>
[GenerateSerializer, Immutable, Alias("soonshop.payment-terms")]
public sealed record PaymentTerms(Guid? CustomerId, Guid? CartId, Money Amount)
{
    /// <summary>The part of the order's total that money of an earlier order pays; null for none.</summary>
    [Id(0)] public PaymentCredit? Credit { get; init; }
}

/// <summary>Money of an earlier order's payment that pays for another order.</summary>
/// <param name="FromOrderId">The earlier order, which has its payment's id.</param>
/// <param name="CreditId">The id of the credit at that payment.</param>
/// <param name="Amount">Minor units of the order's currency.</param>
[GenerateSerializer, Immutable, Alias("soonshop.payment-credit")]
public sealed record PaymentCredit(Guid FromOrderId, string CreditId, long Amount);

/// <summary>An attempt to charge the customer for an order.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.charge")]
public sealed record Charge(string AttemptId, PaymentTerms Terms, string PaymentMethod)
{
    /// <summary>True for an attempt that the order's own timeout does not cover: the payment then schedules a timeout itself.</summary>
    [Id(0)] public bool FollowUp { get; init; }

    /// <summary>The provider's id of the customer, whose saved payment methods can be used.</summary>
    [Id(1)] public string? Customer { get; init; }

    /// <summary>True to save the payment method for the customer.</summary>
    [Id(2)] public bool KeepMethod { get; init; }

    /// <summary>
    /// True for the first call for an order that was just placed: the payment has no row, so it is not read. If a row exists, the first
    /// write notices.
    /// </summary>
    [Id(3)] public bool IsFirst { get; init; }

    /// <summary>
    /// When the order stored this attempt, which is its first; null for other attempts. The payment then calls the provider without a write
    /// of its own before: after a crash the order repeats the attempt, with the same idempotency key.
    /// </summary>
    [Id(4)] public DateTimeOffset? StoredByOrderAt { get; init; }
}

/// <summary>The end of a payment whose first attempt may be stored only in its order.</summary>
/// <param name="First">The first attempt.</param>
/// <param name="RefundCaptured">False when captured money stays, and the result tells.</param>
/// <param name="Reason">Why, for a refund.</param>
[GenerateSerializer, Immutable, Alias("soonshop.cancel-payment")]
public sealed record CancelPayment(Charge First, bool RefundCaptured, string Reason);

/// <summary>A capture of part of the authorized amount or, with <paramref name="Amount"/> null, of all of it.</summary>
/// <param name="CaptureId">The operation id.</param>
/// <param name="Amount">Minor units.</param>
[GenerateSerializer, Immutable, Alias("soonshop.capture-payment")]
public sealed record CapturePayment(string CaptureId, long? Amount);

/// <summary>A refund of part of a payment or, with <paramref name="Amount"/> null, of the whole rest.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.refund-payment")]
public sealed record RefundPayment(string RefundId, long? Amount, string Reason);

/// <summary>A hold of money for another order.</summary>
/// <param name="CreditId">The operation id.</param>
/// <param name="OrderId">The other order.</param>
/// <param name="Amount">Minor units.</param>
[GenerateSerializer, Immutable, Alias("soonshop.hold-credit")]
public sealed record HoldCredit(string CreditId, Guid OrderId, long Amount);

/// <summary>A refund of money that a credit has paid for another order.</summary>
/// <param name="CreditId">The credit.</param>
/// <param name="RefundId">The operation id, unique within the credit.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="Reason">Why.</param>
[GenerateSerializer, Immutable, Alias("soonshop.refund-credit")]
public sealed record RefundCredit(string CreditId, string RefundId, long Amount, string Reason);

/// <summary>A payment as its owner and administrators see it.</summary>
/// <param name="Id">The order's id.</param>
/// <param name="Status">The status.</param>
/// <param name="Amount">The amount to pay, with what a credit pays.</param>
/// <param name="Refunded">The refunded amount, with what pays for other orders.</param>
/// <param name="Method">The payment method of the last attempt.</param>
/// <param name="ClientSecret">The secret for the customer's device, while the customer must act.</param>
[GenerateSerializer, Immutable, Alias("soonshop.payment-view")]
public sealed record Payment(Guid Id, PaymentStatus Status, Money Amount, Money Refunded, string Method, string? ClientSecret)
{
    /// <summary>Why the last attempt was declined, as the provider's code.</summary>
    [Id(0)] public string? DeclineCode { get; init; }

    /// <summary>The operation id of the captured attempt, otherwise of the last one.</summary>
    [Id(1)] public string? AttemptId { get; init; }

    /// <summary>The captured amount so far; less than <c>amount</c> after a partial capture.</summary>
    [Id(2)] public Money Captured { get; init; } = Amount with { Amount = 0 };

    /// <summary>The dispute, if there is one.</summary>
    [Id(3)] public Dispute? Dispute { get; init; }

    /// <summary>The part of the amount that money of an earlier order pays; null for none.</summary>
    [Id(4)] public Money? Credit { get; init; }
}

/// <summary>A dispute: the customer contests a payment at the bank.</summary>
/// <param name="Status">The status.</param>
/// <param name="Amount">The disputed amount.</param>
/// <param name="Reason">The bank's reason, such as <c>fraudulent</c>.</param>
[GenerateSerializer, Immutable, Alias("soonshop.dispute")]
public sealed record Dispute(DisputeStatus Status, Money Amount, string Reason);

/// <summary>The status of a dispute.</summary>
[Alias("soonshop.dispute-status")]
public enum DisputeStatus
{
    /// <summary>The bank has not decided.</summary>
    Open,
    /// <summary>The shop keeps the money.</summary>
    Won,
    /// <summary>The bank has returned the money to the customer.</summary>
    Lost,
}

/// <summary>The status of a payment.</summary>
[Alias("soonshop.payment-status")]
public enum PaymentStatus
{
    /// <summary>There is no attempt yet, or the outcome of the last one is unknown.</summary>
    Pending,
    /// <summary>The customer must act, with the client secret.</summary>
    RequiresAction,
    /// <summary>The last attempt was declined.</summary>
    Declined,
    /// <summary>The money was captured.</summary>
    Captured,
    /// <summary>Part of the captured amount was refunded.</summary>
    PartiallyRefunded,
    /// <summary>The whole captured amount was refunded.</summary>
    Refunded,
    /// <summary>Cancelled before any money was captured.</summary>
    Cancelled,
    /// <summary>The money is authorized. It is captured when the order is shipped, or by an administrator.</summary>
    Authorized,
}
