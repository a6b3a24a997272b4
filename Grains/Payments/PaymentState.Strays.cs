using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Payments;

/// <summary>
/// What may happen to a payment that the provider has for the order and that is no attempt of it: a key was forgotten, a
/// database restored. Money under it is never left: it pays for the order, or goes back.
/// </summary>
public sealed partial record PaymentState
{
    /// <summary>How often the provider is asked to give one stray back before a person must see to it.</summary>
    public const int MaxStrayTries = 3;

    /// <summary>The most strays of one order that are seen to.</summary>
    public const int MaxStrays = 25;

    /// <summary>Those that are, or were, given back; oldest first.</summary>
    public ImmutableArray<StrayPayment> Strays { get; init; } = [];

    /// <summary>Strays that the provider was, perhaps, not yet asked to give back, or that may still fail.</summary>
    public IEnumerable<StrayPayment> UnsettledStrays => Strays.Where(s => s.Status is null or RefundStatus.Pending);

    /// <summary>True when nothing that the news tell is new: it is known, or what came after it is.</summary>
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

    /// <summary>What is to become of a payment in the provider's books.</summary>
    /// <param name="facts">The payment.</param>
    /// <param name="orderWaits">True while the order can still be confirmed by it.</param>
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

    /// <summary>Makes it the attempt that pays. How it stands is for the provider to say.</summary>
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

    /// <summary>Writes down that it is given back, before the provider is asked.</summary>
    public Decision<PaymentState> BeginGivingBack(ProviderPaymentFacts facts, DateTimeOffset now)
    {
        if (FateOf(facts, orderWaits: false) != StrayFate.GivenBack)
            return Decision<PaymentState>.Stay(this);
        var amount = facts.Status == ProviderPaymentStatus.Captured ? facts.Kept : 0;
        var stray = new StrayPayment(facts.Reference, $"{OrderId:N}/stray/{Strays.Length + 1}", amount, now);
        return Decision<PaymentState>.To(this with { Strays = [.. Strays, stray] }, new Orders.OrderCheckoutDue(OrderId, now + ReminderDelay));
    }

    /// <summary>Takes the provider's word on a refund of one.</summary>
    public Decision<PaymentState> RecordStray(StrayPayment stray, ProviderRefund answer)
    {
        var status = StatusOf(answer);
        var heard = stray with { RefundReference = answer.Reference, Status = status, FailureReason = answer.FailureReason };
        return status == RefundStatus.Failed ? Heard(stray, heard, new PaymentRefundFailed(OrderId, Terms.CustomerId, stray.Key, Amount(stray.Amount), answer.FailureReason))
            : stray.Status is null ? Heard(stray, heard, new PaymentStrayGivenBack(OrderId, Terms.CustomerId, Amount(stray.Amount), stray.Reference))
            : Heard(stray, heard);
    }

    /// <summary>
    /// Takes the provider's word on the cancellation of one. If it was captured meanwhile, this try is over, and the next one
    /// refunds it.
    /// </summary>
    public Decision<PaymentState> RecordStray(StrayPayment stray, ProviderPayment answer) =>
        answer.Status is ProviderPaymentStatus.Cancelled or ProviderPaymentStatus.Declined
            ? Heard(stray, stray with { Status = RefundStatus.Succeeded }, new PaymentStrayGivenBack(OrderId, Terms.CustomerId, Amount(0), stray.Reference))
            : Heard(stray, stray with { Status = RefundStatus.Failed, FailureReason = $"It is {answer.Status} and cannot be cancelled." });

    /// <summary>What the provider is, or was, asked to give back of a stray.</summary>
    public CreateProviderRefund ToCommand(StrayPayment stray) => new(stray.Key, stray.Reference, OrderId, Amount(stray.Amount), stray.AskedAt);

    private Decision<PaymentState> Heard(StrayPayment stray, StrayPayment heard, params IReadOnlyList<IShopEvent> events) =>
        heard == stray || stray.Status is RefundStatus.Succeeded or RefundStatus.Failed
            ? Decision<PaymentState>.Stay(this)
            : Decision<PaymentState>.To(this with { Strays = Strays.Replace(stray, heard) }, events);

    /// <summary>True for an attempt that is to take nothing, whatever the provider says: it was given up, or another has paid.</summary>
    private bool IsBeside(PaymentAttempt attempt) =>
        attempt.Status == AttemptStatus.Cancelled || (attempt.Status == AttemptStatus.Captured && !ReferenceEquals(attempt, Captured));

    /// <summary>True when it pays for the whole order, and nothing of it went back.</summary>
    private bool IsWhole(ProviderPaymentFacts facts) => facts.Amount == Terms.Amount && facts.Refunded == 0 && !facts.Disputed
        && (facts.Status == ProviderPaymentStatus.Authorized || (facts.Status == ProviderPaymentStatus.Captured && facts.Captured == facts.Amount.Amount));

    private static RefundStatus StatusOf(ProviderRefund refund) => refund.Status switch
    {
        ProviderRefundStatus.Succeeded => RefundStatus.Succeeded,
        ProviderRefundStatus.Pending => RefundStatus.Pending,
        _ => RefundStatus.Failed,
    };
}
