using System.Text.Json.Serialization;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Payments;

/// <summary>
/// The rules for unmatched payments: the provider has them for the order, but they are no attempt of it, because a key expired or a
/// database was restored. Their money pays the order or is refunded.
/// </summary>
public sealed partial record PaymentState
{
    /// <summary>The most refund requests for one unmatched payment; then an operator must act.</summary>
    public const int MaxUnmatchedTries = 3;

    /// <summary>The most unmatched payments of one order that are resolved.</summary>
    public const int MaxUnmatchedPayments = 25;

    /// <summary>Unmatched payments with a refund or cancellation, oldest first.</summary>
    [JsonPropertyName("strays")] public ImmutableArray<UnmatchedPayment> UnmatchedPayments { get; init; } = [];

    /// <summary>Unmatched payments whose refund is not confirmed, or may still fail.</summary>
    public IEnumerable<UnmatchedPayment> UnsettledPayments => UnmatchedPayments.Where(s => s.Status is null or RefundStatus.Pending);

    /// <summary>True when the update reports nothing new.</summary>
    public bool Knows(PaymentUpdate update)
    {
        if (Attempts.FirstOrDefault(a => a.Reference == update.Reference) is not { } attempt)
            return UnmatchedPayments.LastOrDefault(s => s.Reference == update.Reference)?.Status == RefundStatus.Succeeded;
        if (update.Refund is { } refund && !Refunds.Any(r =>
            r.Reference == refund.Reference
            && (r.Status == StatusOf(refund) || r.Status == RefundStatus.Failed || refund.Status == ProviderRefundStatus.Pending)))
            return false;
        if (update.Dispute is { } dispute
            && !(Dispute?.Reference == dispute.Reference && (Dispute.Status == dispute.Status || Dispute.Status != DisputeStatus.Open)))
            return false;
        if (update.RefundedInAll > Returned)
            return false;
        return update.Status is not { } status || (attempt.Status == AttemptStatus.Cancelled
            ? status is not (ProviderPaymentStatus.Captured or ProviderPaymentStatus.Authorized)
            : attempt.Apply(new ProviderPayment(null, status)) == attempt);
    }

    /// <summary>Decides how to resolve a transaction of the provider.</summary>
    /// <param name="transaction">The provider's transaction.</param>
    /// <param name="orderWaits">True while this payment can still confirm the order.</param>
    public UnmatchedPaymentResolution Resolve(ProviderTransaction transaction, bool orderWaits)
    {
        if (Attempts.FirstOrDefault(a => a.Reference == transaction.Reference) is { } attempt && !IsBeside(attempt))
            return UnmatchedPaymentResolution.Known;
        if (transaction.IsOver)
            return UnmatchedPaymentResolution.Over;
        if (transaction.Status == ProviderPaymentStatus.Processing)
            return UnmatchedPaymentResolution.Waits;
        var tries = UnmatchedPayments.Where(s => s.Reference == transaction.Reference).ToArray();
        if (tries.Any(s => s.Status is null or RefundStatus.Pending))
            return UnmatchedPaymentResolution.Waits;
        if (tries.Length == 0 && orderWaits && !Closed && Holder is null && Attempts.Length < MaxAttempts && IsWhole(transaction))
            return UnmatchedPaymentResolution.Adopted;
        return tries.Length >= MaxUnmatchedTries || UnmatchedPayments.Length >= MaxUnmatchedPayments || transaction.Disputed
            ? UnmatchedPaymentResolution.Stuck : UnmatchedPaymentResolution.GivenBack;
    }

    /// <summary>The provider's answer to the last attempt, as its list of transactions shows it.</summary>
    public ProviderTransaction ToTransaction(string reference, ProviderPayment answer) => new(
        reference, OrderId, Terms.Amount, answer.Status,
        answer.Status == ProviderPaymentStatus.Captured ? answer.Captured ?? Terms.Amount.Amount : 0,
        Refunded: 0, Disputed: answer.Dispute is not null, Last!.AskedAt);

    /// <summary>Makes it the order's attempt. Its status is then retrieved from the provider.</summary>
    public Decision<PaymentState> Adopt(ProviderTransaction transaction, DateTimeOffset now)
    {
        if (Resolve(transaction, orderWaits: true) != UnmatchedPaymentResolution.Adopted)
            return Decision<PaymentState>.NoChange(this);
        if (Last is { MayTake: true })
            throw new InvalidOperationException($"Payment {OrderId} has an attempt that may still take money.");
        var attempt = new PaymentAttempt(
            $"adopted/{transaction.Reference}", $"{OrderId:N}/adopted/{transaction.Reference}", "", AttemptStatus.Processing,
            transaction.Reference, null, null, true)
        { AskedAt = transaction.CreatedAt };
        return Decision<PaymentState>.To(
            this with { Attempts = [.. Attempts, attempt] }, new Orders.CheckoutTimeout(OrderId, now + ReminderDelay));
    }

    /// <summary>Stores the refund or cancellation before the provider is called.</summary>
    public Decision<PaymentState> BeginReturn(ProviderTransaction transaction, DateTimeOffset now)
    {
        if (Resolve(transaction, orderWaits: false) != UnmatchedPaymentResolution.GivenBack)
            return Decision<PaymentState>.NoChange(this);
        var amount = transaction.Status == ProviderPaymentStatus.Captured ? transaction.Kept : 0;
        var unmatched = new UnmatchedPayment(transaction.Reference, $"{OrderId:N}/stray/{UnmatchedPayments.Length + 1}", amount, now);
        return Decision<PaymentState>.To(
            this with { UnmatchedPayments = [.. UnmatchedPayments, unmatched] }, new Orders.CheckoutTimeout(OrderId, now + ReminderDelay));
    }

    /// <summary>Applies the provider's refund of an unmatched payment.</summary>
    public Decision<PaymentState> RecordUnmatched(UnmatchedPayment unmatched, ProviderRefund answer)
    {
        var status = StatusOf(answer);
        var heard = unmatched with { RefundReference = answer.Reference, Status = status, FailureReason = answer.FailureReason };
        return status == RefundStatus.Failed ? ApplyReturn(
            unmatched, heard, new PaymentRefundFailed(
                OrderId, Terms.CustomerId, unmatched.Key, Amount(unmatched.Amount), answer.FailureReason))
            : unmatched.Status is null ? ApplyReturn(
                unmatched, heard, new UnmatchedPaymentRefunded(OrderId, Terms.CustomerId, Amount(unmatched.Amount), unmatched.Reference))
            : ApplyReturn(unmatched, heard);
    }

    /// <summary>
    /// Applies the provider's cancellation of an unmatched payment. If the payment was captured in the meantime, this try has
    /// failed and the next one refunds it.
    /// </summary>
    public Decision<PaymentState> RecordUnmatched(UnmatchedPayment unmatched, ProviderPayment answer) =>
        answer.Status is ProviderPaymentStatus.Cancelled or ProviderPaymentStatus.Declined
            ? ApplyReturn(
                unmatched, unmatched with { Status = RefundStatus.Succeeded },
                new UnmatchedPaymentRefunded(OrderId, Terms.CustomerId, Amount(0), unmatched.Reference))
            : ApplyReturn(unmatched,
                unmatched with { Status = RefundStatus.Failed, FailureReason = $"It is {answer.Status} and cannot be cancelled." });

    /// <summary>The refund request for an unmatched payment.</summary>
    public CreateProviderRefund ToCommand(UnmatchedPayment unmatched) =>
        new(unmatched.Key, unmatched.Reference, OrderId, Amount(unmatched.Amount), unmatched.AskedAt);

    private Decision<PaymentState> ApplyReturn(UnmatchedPayment unmatched, UnmatchedPayment heard,
        params IReadOnlyList<IShopEvent> events) =>
        heard == unmatched || unmatched.Status is RefundStatus.Succeeded or RefundStatus.Failed
            ? Decision<PaymentState>.NoChange(this)
            : Decision<PaymentState>.To(this with { UnmatchedPayments = UnmatchedPayments.Replace(unmatched, heard) }, events);

    /// <summary>True for an attempt that must not capture money: it was cancelled, or another attempt has paid.</summary>
    private bool IsBeside(PaymentAttempt attempt) =>
        attempt.Status == AttemptStatus.Cancelled || (attempt.Status == AttemptStatus.Captured && !ReferenceEquals(attempt, Captured));

    /// <summary>True when it pays the whole order and nothing was refunded.</summary>
    private bool IsWhole(ProviderTransaction transaction) =>
        transaction.Amount == Terms.Amount && transaction.Refunded == 0 && !transaction.Disputed
        && (transaction.Status == ProviderPaymentStatus.Authorized
            || (transaction.Status == ProviderPaymentStatus.Captured && transaction.Captured == transaction.Amount.Amount));

    private static RefundStatus StatusOf(ProviderRefund refund) => refund.Status switch
    {
        ProviderRefundStatus.Succeeded => RefundStatus.Succeeded,
        ProviderRefundStatus.Pending => RefundStatus.Pending,
        _ => RefundStatus.Failed,
    };
}
