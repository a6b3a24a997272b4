using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Orders;
using SoonShop.Privacy;

namespace SoonShop.Payments;

/// <summary>
/// The payment rules of one order. At most one attempt at a time can capture money; after a capture, no attempt starts.
/// </summary>
public sealed partial record PaymentState
{
    /// <summary>The most attempts for one order.</summary>
    public const int MaxAttempts = 25;

    /// <summary>The most refunds of one order.</summary>
    public const int MaxRefunds = 100;

    /// <summary>The delay of the timeout that resumes the order when the process ended before it had carried a decision out.</summary>
    private static readonly TimeSpan ReminderDelay = TimeSpan.FromSeconds(5);

    /// <summary>The id of the order and of the payment.</summary>
    public required Guid OrderId { get; init; }
    /// <summary>The payer and the amount.</summary>
    public required PaymentTerms Terms { get; init; }
    /// <summary>The attempts, oldest first.</summary>
    public ImmutableArray<PaymentAttempt> Attempts { get; init; } = [];
    /// <summary>The capture of an authorized amount.</summary>
    public PaymentCapture? Capture { get; init; }
    /// <summary>The refunds, oldest first.</summary>
    public ImmutableArray<Refund> Refunds { get; init; } = [];
    /// <summary>The dispute, if there is one.</summary>
    public ProviderDispute? Dispute { get; init; }
    /// <summary>True once the payment is closed: no attempt may follow.</summary>
    public bool Closed { get; init; }

    /// <summary>The last attempt.</summary>
    public PaymentAttempt? Last => Attempts.Length > 0 ? Attempts[^1] : null;

    /// <summary>The captured attempt.</summary>
    public PaymentAttempt? Captured => Attempts.FirstOrDefault(a => a.Status == AttemptStatus.Captured);

    /// <summary>Captured minor units, without a credit.</summary>
    public long CapturedAmount => Captured is { } captured ? captured.CapturedAmount ?? Terms.Amount.Amount : 0;

    /// <summary>The captured or authorized attempt.</summary>
    private PaymentAttempt? Holder => Captured ?? (Last is { Status: AttemptStatus.Authorized } held ? held : null);

    /// <summary>A payment without attempts.</summary>
    public static PaymentState Open(Guid orderId, PaymentTerms terms) => new() { OrderId = orderId, Terms = terms };

    /// <summary>True when <see cref="Begin"/> would start the attempt, once earlier ones have ended.</summary>
    public bool WouldBegin(string attemptId) =>
        !Closed && Holder is null && Attempts.Length < MaxAttempts && Attempts.All(a => a.Id != attemptId);

    /// <summary>Erases the free text about the buyer, once nothing is unsettled.</summary>
    public Decision<PaymentState> Erase()
    {
        var erased = this with
        {
            Attempts = [.. Attempts.Select(a => a with { ClientSecret = null })],
            Refunds = [.. Refunds.Select(r => r with { Reason = PersonalData.Erased })],
        };
        return erased.Attempts.SequenceEqual(Attempts) && erased.Refunds.SequenceEqual(Refunds)
            ? Decision<PaymentState>.NoChange(this)
            : Decision<PaymentState>.To(erased);
    }

    /// <summary>Starts an attempt. Changes nothing when the attempt is known, the money was captured, or the payment is closed.</summary>
    public Decision<PaymentState> Begin(Charge charge, DateTimeOffset now)
    {
        // A payment that only has unmatched payments does not know the order's terms.
        if (Attempts.IsEmpty && !UnmatchedPayments.IsEmpty && charge.Terms != Terms)
            return (this with { Terms = charge.Terms }).Begin(charge, now);
        if (charge.Terms != Terms)
            throw new InvalidOperationException($"Payment {OrderId} is for {Terms}, not {charge.Terms}.");
        if (!WouldBegin(charge.AttemptId))
            return Decision<PaymentState>.NoChange(this);
        if (Last is { MayTake: true })
            throw new InvalidOperationException($"Payment {OrderId} has an attempt that may still take money.");
        var attempt = new PaymentAttempt(
            charge.AttemptId, $"{OrderId:N}/attempt/{Attempts.Length + UnmatchedPayments.Length + 1}", charge.PaymentMethod,
            AttemptStatus.Asked, null, null, null, charge.FollowUp)
        { AskedAt = charge.StoredByOrderAt ?? now, Customer = charge.Customer, KeepMethod = charge.KeepMethod };
        var next = this with { Attempts = [.. Attempts, attempt] };
        // If the process ends before the provider has responded, the timeout resumes the order.
        return charge.FollowUp
            ? Decision<PaymentState>.To(next, new CheckoutTimeout(OrderId, now + ReminderDelay))
            : Decision<PaymentState>.To(next);
    }

    /// <summary>
    /// Applies the provider's payment to the last attempt or to the named one, with its refunds and its dispute. A late or repeated
    /// response changes nothing: captured stays captured, cancelled stays cancelled.
    /// </summary>
    /// <param name="answer">The provider's payment.</param>
    /// <param name="now">The current time.</param>
    /// <param name="reference">The attempt's reference; null for the last attempt.</param>
    public Decision<PaymentState> Record(ProviderPayment answer, DateTimeOffset now, string? reference = null)
    {
        var attempt = (reference is null ? Last : Attempts.FirstOrDefault(a => a.Reference == reference))
            ?? throw new InvalidOperationException($"Payment {OrderId} has no attempt {reference}.");
        var (next, events) = (this, new List<IShopEvent>());
        var heard = attempt.Apply(answer);
        if (heard != attempt)
        {
            next = this with { Attempts = Attempts.Replace(attempt, heard) };
            if (heard.Status != attempt.Status)
                events.Add(next.ToEvent(heard));
        }
        // Refunds and disputes of money that was captured before the shop knew.
        if (heard.Status == AttemptStatus.Captured)
            next = next.ApplyRefunds(answer.Refunds, now, events).ApplyDispute(answer.Dispute, events);
        if (ReferenceEquals(next, this))
            return Decision<PaymentState>.NoChange(this);
        // The order did not make this call: the timeout resumes it.
        if (attempt.Status != AttemptStatus.Asked && events.Count > 0)
            events.Add(new CheckoutTimeout(OrderId, now + ReminderDelay));
        return Decision<PaymentState>.To(next, events);
    }

    /// <summary>Records that the provider has cancelled the declined attempt.</summary>
    public Decision<PaymentState> Release() => Last is { Status: AttemptStatus.Declined, Released: false } declined
        ? Decision<PaymentState>.To(this with { Attempts = Attempts.Replace(declined, declined with { Released = true }) })
        : Decision<PaymentState>.NoChange(this);

    /// <summary>Closes the payment: no attempt may follow.</summary>
    public Decision<PaymentState> Close() =>
        Closed ? Decision<PaymentState>.NoChange(this) : Decision<PaymentState>.To(this with { Closed = true });

    /// <summary>Stores a capture before the provider is called. Changes nothing when the capture is known.</summary>
    public Decision<PaymentState> BeginCapture(CapturePayment command, DateTimeOffset now)
    {
        if (Capture?.Id == command.CaptureId)
            return Decision<PaymentState>.NoChange(this);
        if (Last is not { Status: AttemptStatus.Authorized } || Capture is not null)
        {
            return Captured is null
                ? Error.Of(ErrorCode.Conflict, "error.nothing-authorized", "There is no authorized amount to capture.")
                : Error.Of(ErrorCode.Conflict, "error.captured", "The amount was already captured; the rest was released.");
        }
        var amount = command.Amount ?? Terms.Amount.Amount;
        if (amount < 1 || amount > Terms.Amount.Amount)
            return Error.Of(
                ErrorCode.Conflict, "error.capture-most",
                $"{Terms.Amount.Amount} {Terms.Amount.Currency} minor units can be captured, not {amount}.");
        if (CheckAmount(amount) is { } error)
            return error;
        return Decision<PaymentState>.To(
            this with { Capture = new PaymentCapture(command.CaptureId, $"{OrderId:N}/capture/1", amount) },
            new CheckoutTimeout(OrderId, now + ReminderDelay));
    }

    /// <summary>The capture whose request is not confirmed.</summary>
    public PaymentCapture? OpenCapture => Last is { Status: AttemptStatus.Authorized } ? Capture : null;

    /// <summary>
    /// True while it must be checked again: an outcome is unknown, or money is authorized and neither captured nor released.
    /// </summary>
    public bool IsUnsettled =>
        Last is { IsOpen: true } or { Status: AttemptStatus.Authorized } || Refunds.Any(r => r.IsOpen || r.Status == RefundStatus.Pending)
            || UnsettledPayments.Any();

    /// <summary>The payment's status.</summary>
    public PaymentStatus Status =>
        Captured is not null
            ? GivenBack == 0 ? PaymentStatus.Captured
            : GivenBack >= Paid ? PaymentStatus.Refunded : PaymentStatus.PartiallyRefunded
        : Holder is not null ? PaymentStatus.Authorized
        : Closed && Last is not { MayTake: true } ? PaymentStatus.Cancelled
        : Last?.Status switch
        {
            AttemptStatus.RequiresAction => PaymentStatus.RequiresAction,
            AttemptStatus.Declined => PaymentStatus.Declined,
            AttemptStatus.Cancelled => PaymentStatus.Cancelled,
            _ => PaymentStatus.Pending,
        };

    /// <summary>The owner's view of the payment.</summary>
    public Payment ToView() => new(
        OrderId, Status, Amount(Terms.Amount.Amount + (Terms.Credit?.Amount ?? 0)), Amount(GivenBack), (Holder ?? Last)?.Method ?? "",
        Status == PaymentStatus.RequiresAction ? Last!.ClientSecret : null)
    {
        DeclineCode = Status == PaymentStatus.Declined ? Last!.DeclineCode : null,
        AttemptId = (Holder ?? Last)?.Id,
        Captured = Amount(Paid),
        Credit = Terms.Credit is { Amount: > 0 } credit ? Amount(credit.Amount) : null,
        Dispute = Dispute is { } d ? new Dispute(d.Status, Amount(d.Amount), d.Reason) : null,
    };

    private Error? CheckAmount(long amount) => amount % Currencies.ChargeStep(Terms.Amount.Currency) is 0
        ? null
        : Error.Of(
            ErrorCode.Conflict, "error.capture-steps",
            $"An amount of {Terms.Amount.Currency} must be a multiple of {Currencies.ChargeStep(Terms.Amount.Currency)} minor units.");

    private IShopEvent ToEvent(PaymentAttempt attempt) => attempt.Status switch
    {
        AttemptStatus.Captured => new PaymentCaptured(OrderId, Terms.CustomerId, Amount(CapturedAmount), attempt.Reference!),
        AttemptStatus.Authorized => new PaymentAuthorized(OrderId, Terms.CustomerId, Terms.Amount, attempt.Reference!),
        AttemptStatus.RequiresAction => new PaymentActionRequired(OrderId, Terms.CustomerId, Terms.Amount),
        AttemptStatus.Processing => new PaymentProcessing(OrderId, Terms.CustomerId, Terms.Amount),
        AttemptStatus.Cancelled => new PaymentCancelled(OrderId, Terms.CustomerId),
        _ => new PaymentFailed(OrderId, Terms.CustomerId, Terms.Amount, attempt.DeclineCode),
    };

    private Money Amount(long minor) => Terms.Amount with { Amount = minor };
}
