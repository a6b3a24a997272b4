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
    public const int MaxStrayTries = 3;

    /// <summary>The most unmatched payments of one order that are resolved.</summary>
    public const int MaxStrays = 25;

    /// <summary>Unmatched payments with a refund or cancellation, oldest first.</summary>
    public ImmutableArray<StrayPayment> Strays { get; init; } = [];

    /// <summary>Unmatched payments whose refund is not confirmed, or may still fail.</summary>
    public IEnumerable<StrayPayment> UnsettledStrays => Strays.Where(s => s.Status is null or RefundStatus.Pending);

    /// <summary>True when the update reports nothing new.</summary>
    public bool Knows(PaymentNews news)
    {
        if (Attempts.FirstOrDefault(a => a.Reference == news.Reference) is not { } attempt)
            return Strays.LastOrDefault(s => s.Reference == news.Reference)?.Status == RefundStatus.Succeeded;
        if (news.Refund is { } refund && !Refunds.Any(r => r.Reference == refund.Reference && (r.Status == StatusOf(refund) || r.Status == RefundStatus.Failed || refund.Status == ProviderRefundStatus.Pending)))
            return false;
        if (news.Dispute is { } dispute && !(Dispute?.Reference == dispute.Reference && (Dispute.Status == dispute.Status || Dispute.Status != DisputeStatus.Open)))
            return false;
        if (news.RefundedInAll > GivenBack)
            return false;
        return news.Status is not { } status || (attempt.Status == AttemptStatus.Cancelled
            ? status is not (ProviderPaymentStatus.Captured or ProviderPaymentStatus.Authorized)
            : attempt.Hear(new ProviderPayment(null, status)) == attempt);
    }

    /// <summary>Decides how to resolve a transaction of the provider.</summary>
    /// <param name="facts">The provider's transaction.</param>
    /// <param name="orderWaits">True while this payment can still confirm the order.</param>
    public StrayFate FateOf(ProviderPaymentFacts facts, bool orderWaits)
    {
        if (Attempts.FirstOrDefault(a => a.Reference == facts.Reference) is { } attempt && !IsBeside(attempt))
            return StrayFate.Known;
        if (facts.IsOver)
            return StrayFate.Over;
        if (facts.Status == ProviderPaymentStatus.Processing)
            return StrayFate.Waits;
        var tries = Strays.Where(s => s.Reference == facts.Reference).ToArray();
        if (tries.Any(s => s.Status is null or RefundStatus.Pending))
            return StrayFate.Waits;
        if (tries.Length == 0 && orderWaits && !Closed && Holder is null && Attempts.Length < MaxAttempts && IsWhole(facts))
            return StrayFate.Adopted;
        return tries.Length >= MaxStrayTries || Strays.Length >= MaxStrays || facts.Disputed ? StrayFate.Stuck : StrayFate.GivenBack;
    }

    /// <summary>Makes it the order's attempt. Its status is then retrieved from the provider.</summary>
    public Decision<PaymentState> Adopt(ProviderPaymentFacts facts, DateTimeOffset now)
    {
        if (FateOf(facts, orderWaits: true) != StrayFate.Adopted)
            return Decision<PaymentState>.Stay(this);
        if (Last is { MayTake: true })
            throw new InvalidOperationException($"Payment {OrderId} has an attempt that may still take money.");
        var attempt = new PaymentAttempt(
            $"adopted/{facts.Reference}", $"{OrderId:N}/adopted/{facts.Reference}", "", AttemptStatus.Processing, facts.Reference, null, null, true)
        { AskedAt = facts.CreatedAt };
        return Decision<PaymentState>.To(this with { Attempts = [.. Attempts, attempt] }, new Orders.OrderCheckoutDue(OrderId, now + ReminderDelay));
    }

    /// <summary>Stores the refund or cancellation before the provider is called.</summary>
    public Decision<PaymentState> BeginGivingBack(ProviderPaymentFacts facts, DateTimeOffset now)
    {
        if (FateOf(facts, orderWaits: false) != StrayFate.GivenBack)
            return Decision<PaymentState>.Stay(this);
        var amount = facts.Status == ProviderPaymentStatus.Captured ? facts.Kept : 0;
        var stray = new StrayPayment(facts.Reference, $"{OrderId:N}/stray/{Strays.Length + 1}", amount, now);
        return Decision<PaymentState>.To(this with { Strays = [.. Strays, stray] }, new Orders.OrderCheckoutDue(OrderId, now + ReminderDelay));
    }

    /// <summary>Applies the provider's refund of an unmatched payment.</summary>
    public Decision<PaymentState> RecordStray(StrayPayment stray, ProviderRefund answer)
    {
        var status = StatusOf(answer);
        var heard = stray with { RefundReference = answer.Reference, Status = status, FailureReason = answer.FailureReason };
        return status == RefundStatus.Failed ? Heard(stray, heard, new PaymentRefundFailed(OrderId, Terms.CustomerId, stray.Key, Amount(stray.Amount), answer.FailureReason))
            : stray.Status is null ? Heard(stray, heard, new PaymentStrayGivenBack(OrderId, Terms.CustomerId, Amount(stray.Amount), stray.Reference))
            : Heard(stray, heard);
    }

    /// <summary>
    /// Applies the provider's cancellation of an unmatched payment. If the payment was captured in the meantime, this try has
    /// failed and the next one refunds it.
    /// </summary>
    public Decision<PaymentState> RecordStray(StrayPayment stray, ProviderPayment answer) =>
        answer.Status is ProviderPaymentStatus.Cancelled or ProviderPaymentStatus.Declined
            ? Heard(stray, stray with { Status = RefundStatus.Succeeded }, new PaymentStrayGivenBack(OrderId, Terms.CustomerId, Amount(0), stray.Reference))
            : Heard(stray, stray with { Status = RefundStatus.Failed, FailureReason = $"It is {answer.Status} and cannot be cancelled." });

    /// <summary>The refund request for an unmatched payment.</summary>
    public CreateProviderRefund ToCommand(StrayPayment stray) => new(stray.Key, stray.Reference, OrderId, Amount(stray.Amount), stray.AskedAt);

    private Decision<PaymentState> Heard(StrayPayment stray, StrayPayment heard, params IReadOnlyList<IShopEvent> events) =>
        heard == stray || stray.Status is RefundStatus.Succeeded or RefundStatus.Failed
            ? Decision<PaymentState>.Stay(this)
            : Decision<PaymentState>.To(this with { Strays = Strays.Replace(stray, heard) }, events);

    /// <summary>True for an attempt that must not capture money: it was cancelled, or another attempt has paid.</summary>
    private bool IsBeside(PaymentAttempt attempt) =>
        attempt.Status == AttemptStatus.Cancelled || (attempt.Status == AttemptStatus.Captured && !ReferenceEquals(attempt, Captured));

    /// <summary>True when it pays the whole order and nothing was refunded.</summary>
    private bool IsWhole(ProviderPaymentFacts facts) => facts.Amount == Terms.Amount && facts.Refunded == 0 && !facts.Disputed
        && (facts.Status == ProviderPaymentStatus.Authorized || (facts.Status == ProviderPaymentStatus.Captured && facts.Captured == facts.Amount.Amount));

    private static RefundStatus StatusOf(ProviderRefund refund) => refund.Status switch
    {
        ProviderRefundStatus.Succeeded => RefundStatus.Succeeded,
        ProviderRefundStatus.Pending => RefundStatus.Pending,
        _ => RefundStatus.Failed,
    };
}
