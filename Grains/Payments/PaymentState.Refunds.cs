using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Orders;

namespace SoonShop.Payments;

/// <summary>The rules for refunds and disputes.</summary>
public sealed partial record PaymentState
{
    /// <summary>Refunded minor units, including pending refunds.</summary>
    public long Refunded => Refunds.Where(r => !r.HasFailed).Sum(r => r.Amount);

    /// <summary>Minor units that can still be refunded.</summary>
    public long Refundable => CapturedAmount - Refunded;

    /// <summary>Refunds whose request is not confirmed.</summary>
    public IEnumerable<Refund> OpenRefunds => Refunds.Where(r => r.IsOpen);

    /// <summary>Minor units of confirmed refunds.</summary>
    public long Returned => Refunds.Where(r => !r.IsOpen && !r.HasFailed).Sum(r => r.Amount);

    /// <summary>Stores a refund before the provider is called.</summary>
    public Decision<PaymentState> BeginRefund(RefundPayment command, DateTimeOffset now)
    {
        if (Refunds.Any(r => r.Id == command.RefundId))
            return Decision<PaymentState>.NoChange(this);
        if (Dispute is { Status: not DisputeStatus.Won })
            return Error.Of(
                ErrorCode.Conflict, "error.disputed", "The customer has disputed the payment. The bank decides about the money.");
        var amount = command.Amount ?? Refundable;
        if (amount < 1 || amount > Refundable)
            return Error.Of(
                ErrorCode.Conflict, "error.refund-most",
                $"{Refundable} {Terms.Amount.Currency} minor units can be refunded, not {amount}.");
        if (CheckAmount(amount) is { } error)
            return error;
        // A refund of the whole rest is always allowed: no part can follow.
        if (Refunds.Length >= MaxRefunds && command.Amount is not null)
            return Error.Of(ErrorCode.Conflict, "error.refund-parts", $"A payment is refunded in at most {MaxRefunds} parts.");
        var refund = new Refund(command.RefundId, $"{OrderId:N}/refund/{Refunds.Length + 1}", amount, command.Reason, null)
        { AskedAt = now };
        return Decision<PaymentState>.To(this with { Refunds = [.. Refunds, refund] }, new CheckoutTimeout(OrderId, now + ReminderDelay));
    }

    /// <summary>Applies the provider's refund.</summary>
    public Decision<PaymentState> RecordRefund(string refundId, ProviderRefund answer)
    {
        var events = new List<IShopEvent>();
        var next = Apply(Refunds.First(r => r.Id == refundId), answer, events);
        return ReferenceEquals(next, this) ? Decision<PaymentState>.NoChange(this) : Decision<PaymentState>.To(next, events);
    }

    /// <summary>The refund request to the provider.</summary>
    public CreateProviderRefund ToCommand(Refund refund) =>
        new(refund.Key, Captured!.Reference!, OrderId, Amount(refund.Amount), refund.AskedAt);

    private PaymentState ApplyRefunds(ImmutableArray<ProviderRefund> answers, DateTimeOffset now, List<IShopEvent> events)
    {
        if (answers.IsDefault)
            return this;
        var next = this;
        foreach (var answer in answers)
        {
            var known = next.Refunds.FirstOrDefault(r => r.IsOpen ? r.Key == answer.IdempotencyKey : r.Reference == answer.Reference);
            if (known is null)
            {
                // A refund made outside the shop.
                known = new Refund($"provider/{answer.Reference}", "", answer.Amount, "Made at the payment provider.", null)
                { AskedAt = now };
                next = next with { Refunds = [.. next.Refunds, known] };
            }
            next = next.Apply(known, answer, events);
        }
        return next;
    }

    private PaymentState Apply(Refund refund, ProviderRefund answer, List<IShopEvent> events)
    {
        var status = StatusOf(answer);
        var heard = refund with { Reference = answer.Reference, Status = status, FailureReason = answer.FailureReason };
        // A bank can return a refund: a succeeded refund may fail later, but a failed one stays failed.
        if (heard == refund || refund.HasFailed || (!refund.IsOpen && status == RefundStatus.Pending))
            return this;
        var next = this with { Refunds = Refunds.Replace(refund, heard) };
        if (status == RefundStatus.Failed)
            events.Add(new PaymentRefundFailed(OrderId, Terms.CustomerId, refund.Id, Amount(refund.Amount), answer.FailureReason));
        else if (refund.IsOpen)
            events.Add(
                new PaymentRefunded(OrderId, Terms.CustomerId, refund.Id, Amount(refund.Amount), Amount(next.Returned), refund.Reason));
        return next;
    }

    private PaymentState ApplyDispute(ProviderDispute? answer, List<IShopEvent> events)
    {
        // A closed dispute stays closed, unless there is a new one.
        if (answer is null
            || answer == Dispute
            || (Dispute is { Status: not DisputeStatus.Open } decided && decided.Reference == answer.Reference))
            return this;
        var facts = new Dispute(answer.Status, Amount(answer.Amount), answer.Reason);
        if (Dispute?.Reference != answer.Reference)
            events.Add(new PaymentDisputed(OrderId, Terms.CustomerId, facts, answer.Reference));
        if (answer.Status != DisputeStatus.Open)
            events.Add(new PaymentDisputeClosed(OrderId, Terms.CustomerId, facts, answer.Reference));
        return this with { Dispute = answer };
    }
}
