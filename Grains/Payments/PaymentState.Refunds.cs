using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Orders;

namespace SoonShop.Payments;

/// <summary>What may happen to money that was taken.</summary>
public sealed partial record PaymentState
{
    /// <summary>Minor units that refunds have given, or are about to give, back.</summary>
    public long Refunded => Refunds.Where(r => !r.HasFailed).Sum(r => r.Amount);

    /// <summary>Minor units that can still be given back.</summary>
    public long Refundable => CapturedAmount - Refunded;

    /// <summary>Refunds that the provider was, perhaps, not yet asked for.</summary>
    public IEnumerable<Refund> OpenRefunds => Refunds.Where(r => r.IsOpen);

    /// <summary>Minor units that the provider has confirmed to give back.</summary>
    public long GivenBack => Refunds.Where(r => !r.IsOpen && !r.HasFailed).Sum(r => r.Amount);

    /// <summary>Writes a refund down before the provider is asked for it.</summary>
    public Decision<PaymentState> BeginRefund(RefundPayment command, DateTimeOffset now)
    {
        if (Refunds.Any(r => r.Id == command.RefundId))
            return Decision<PaymentState>.Stay(this);
        if (Dispute is { Status: not DisputeStatus.Won })
            return new Refusal(RefusalCode.Conflict, "The customer has disputed the payment with the bank, which decides about the money now.");
        var amount = command.Amount ?? Refundable;
        if (amount < 1 || amount > Refundable)
            return new Refusal(RefusalCode.Conflict, $"{Refundable} {Terms.Amount.Currency} minor units can be refunded, not {amount}.");
        if (WhyNotMovable(amount) is { } refusal)
            return refusal;
        // All that is left can always be given back: it ends the parts.
        if (Refunds.Length >= MaxRefunds && command.Amount is not null)
            return new Refusal(RefusalCode.Conflict, $"A payment is refunded in at most {MaxRefunds} parts.");
        var refund = new Refund(command.RefundId, $"{OrderId:N}/refund/{Refunds.Length + 1}", amount, command.Reason, null) { AskedAt = now };
        return Decision<PaymentState>.To(this with { Refunds = [.. Refunds, refund] }, new OrderCheckoutDue(OrderId, now + ReminderDelay));
    }

    /// <summary>Takes the provider's word on a refund.</summary>
    public Decision<PaymentState> RecordRefund(string refundId, ProviderRefund answer)
    {
        var events = new List<IShopEvent>();
        var next = Hear(Refunds.First(r => r.Id == refundId), answer, events);
        return ReferenceEquals(next, this) ? Decision<PaymentState>.Stay(this) : Decision<PaymentState>.To(next, events);
    }

    /// <summary>What the provider is, or was, asked to give back.</summary>
    public CreateProviderRefund ToCommand(Refund refund) => new(refund.Key, Captured!.Reference!, OrderId, Amount(refund.Amount), refund.AskedAt);

    private PaymentState HearOfRefunds(ImmutableArray<ProviderRefund> answers, DateTimeOffset now, List<IShopEvent> events)
    {
        if (answers.IsDefault)
            return this;
        var next = this;
        foreach (var answer in answers)
        {
            var known = next.Refunds.FirstOrDefault(r => r.IsOpen ? r.Key == answer.IdempotencyKey : r.Reference == answer.Reference);
            if (known is null)
            {
                // Somebody made it with the provider's own tools.
                known = new Refund($"provider/{answer.Reference}", "", answer.Amount, "Made at the payment provider.", null) { AskedAt = now };
                next = next with { Refunds = [.. next.Refunds, known] };
            }
            next = next.Hear(known, answer, events);
        }
        return next;
    }

    private PaymentState Hear(Refund refund, ProviderRefund answer, List<IShopEvent> events)
    {
        var status = StatusOf(answer);
        var heard = refund with { Reference = answer.Reference, Status = status, FailureReason = answer.FailureReason };
        // A bank can send money back that was given: what succeeded may fail, but what failed is over.
        if (heard == refund || refund.HasFailed || (!refund.IsOpen && status == RefundStatus.Pending))
            return this;
        var next = this with { Refunds = Refunds.Replace(refund, heard) };
        if (status == RefundStatus.Failed)
            events.Add(new PaymentRefundFailed(OrderId, Terms.CustomerId, refund.Id, Amount(refund.Amount), answer.FailureReason));
        else if (refund.IsOpen)
            events.Add(new PaymentRefunded(OrderId, Terms.CustomerId, refund.Id, Amount(refund.Amount), Amount(next.GivenBack), refund.Reason));
        return next;
    }

    private PaymentState HearOfDispute(ProviderDispute? answer, List<IShopEvent> events)
    {
        // One that was decided stays so, unless there is another.
        if (answer is null || answer == Dispute || (Dispute is { Status: not DisputeStatus.Open } decided && decided.Reference == answer.Reference))
            return this;
        var facts = new Dispute(answer.Status, Amount(answer.Amount), answer.Reason);
        if (Dispute?.Reference != answer.Reference)
            events.Add(new PaymentDisputed(OrderId, Terms.CustomerId, facts, answer.Reference));
        if (answer.Status != DisputeStatus.Open)
            events.Add(new PaymentDisputeClosed(OrderId, Terms.CustomerId, facts, answer.Reference));
        return this with { Dispute = answer };
    }
}
