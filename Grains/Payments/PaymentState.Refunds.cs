using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Orders;

namespace SoonShop.Payments;

/// <summary>The rules for refunds and disputes.</summary>
public sealed partial record PaymentState
{
    /// <summary>Refunded minor units, including pending refunds and what pays, or is held, for other orders.</summary>
    public long Refunded => Refunds.Where(r => !r.HasFailed && r.CreditId is null).Sum(r => r.Amount) + Credited;

    /// <summary>Minor units that can still be refunded.</summary>
    public long Refundable => Paid - Refunded;

    /// <summary>Refunds whose request is not confirmed.</summary>
    public IEnumerable<Refund> OpenRefunds => Refunds.Where(r => r.IsOpen);

    /// <summary>Minor units that the provider has refunded of this payment.</summary>
    public long Returned => Refunds.Where(r => !r.IsOpen && !r.HasFailed && !r.IsFromCredit).Sum(r => r.Amount);

    /// <summary>Stores a refund before the provider is called.</summary>
    public Decision<PaymentState> BeginRefund(RefundPayment command, DateTimeOffset now)
    {
        if (Refunds.Any(r => r.Id == command.RefundId))
            return Decision<PaymentState>.NoChange(this);
        if (CheckUndisputed() is { } disputed)
            return disputed;
        var amount = command.Amount ?? Refundable;
        if (amount < 1 || amount > Refundable)
            return MoreThan(Refundable, amount);
        if (CheckAmount(amount) is { } error)
            return error;
        // A refund of the whole rest is always allowed: no part can follow.
        if (Refunds.Length >= MaxRefunds && command.Amount is not null)
            return Error.Of(ErrorCode.Conflict, "error.refund-parts", $"A payment is refunded in at most {MaxRefunds} parts.");
        return BeginRefund(command.RefundId, amount, command.Reason, creditId: null, now);
    }

    /// <summary>
    /// Stores the parts of a refund: what the provider refunds of this payment and, beyond that, what the payment of the earlier order
    /// refunds. The latter comes first: if it is refused, nothing is refunded.
    /// </summary>
    private Decision<PaymentState> BeginRefund(string refundId, long amount, string reason, string? creditId, DateTimeOffset now)
    {
        var own = Math.Clamp(CapturedAmount - Refunds.Where(r => !r.HasFailed && !r.IsFromCredit).Sum(r => r.Amount), 0, amount);
        // Possible only after a refund outside the shop of what pays for another order.
        if (own < amount && Terms.Credit is null)
            return MoreThan(own, amount);
        var next = this;
        if (own < amount)
            next = next.WithRefund(own > 0 ? CreditPartOf(refundId) : refundId, amount - own, reason, creditId, isFromCredit: true, now);
        if (own > 0)
            next = next.WithRefund(refundId, own, reason, creditId, isFromCredit: false, now);
        return Decision<PaymentState>.To(next, new CheckoutTimeout(OrderId, now + ReminderDelay));
    }

    private PaymentState WithRefund(
        string id, long amount, string reason, string? creditId, bool isFromCredit, DateTimeOffset now) => this with
        {
            Refunds =
            [
                .. Refunds,
                new Refund(id, $"{OrderId:N}/refund/{Refunds.Length + 1}", amount, reason, null)
                {
                    AskedAt = now,
                    CreditId = creditId,
                    IsFromCredit = isFromCredit,
                },
            ],
        };

    /// <summary>Returns the id of the part of a refund that the payment of the earlier order executes.</summary>
    public static string CreditPartOf(string refundId) => $"{refundId}/credit";

    /// <summary>Returns the error for a refund, or a hold, of more than is left.</summary>
    private Error MoreThan(long left, long amount) => Error.Of(
        ErrorCode.Conflict, "error.refund-most", $"{left} {Terms.Amount.Currency} minor units can be refunded, not {amount}.");

    private Error? CheckUndisputed() => Dispute is { Status: not DisputeStatus.Won }
        ? Error.Of(ErrorCode.Conflict, "error.disputed", "The customer has disputed the payment. The bank decides about the money.")
        : null;

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
            var known = next.Refunds.FirstOrDefault(
                r => !r.IsFromCredit && (r.IsOpen ? r.Key == answer.IdempotencyKey : r.Reference == answer.Reference));
            if (known is null)
            {
                // A refund made outside the shop.
                known = new Refund($"provider/{answer.Reference}", "", answer.Amount, "Made at the payment provider.", null)
                { AskedAt = now };
                next = next with { Refunds = [.. next.Refunds, known] };
            }
            var heard = next.Apply(known, answer, events);
            // The order whose refund it is hears of it when it looks at its payment.
            if (known.CreditId is { } creditId && heard.Refunds.First(r => r.Id == known.Id).HasFailed && !known.HasFailed)
                events.Add(new CheckoutTimeout(CreditOf(creditId)!.OrderId, now + ReminderDelay));
            next = heard;
        }
        return next;
    }

    private PaymentState Apply(Refund refund, ProviderRefund answer, List<IShopEvent> events)
    {
        var status = StatusOf(answer);
        var heard = refund with
        {
            Reference = answer.Reference,
            Status = status,
            FailureReason = answer.FailureReason,
            // The provider may have refused a part of what the earlier payment was to refund.
            Amount = refund.IsFromCredit && status != RefundStatus.Failed ? answer.Amount : refund.Amount,
        };
        // A bank can return a refund: a succeeded refund may fail later, but a failed one stays failed.
        if (heard == refund || refund.HasFailed || (!refund.IsOpen && status == RefundStatus.Pending))
            return this;
        var next = this with { Refunds = Refunds.Replace(refund, heard) };
        if (status == RefundStatus.Failed)
            events.Add(new PaymentRefundFailed(OrderId, Terms.CustomerId, refund.Id, Amount(refund.Amount), answer.FailureReason));
        // The other order's payment tells of refunds of what a credit has paid for it.
        else if (refund.IsOpen && refund.CreditId is null)
            events.Add(
                new PaymentRefunded(OrderId, Terms.CustomerId, refund.Id, Amount(heard.Amount), Amount(next.GivenBack), refund.Reason));
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
