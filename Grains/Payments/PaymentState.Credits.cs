using SoonShop.Aggregates;

namespace SoonShop.Payments;

/// <summary>
/// The rules of credits. Money of this payment can pay for another order without leaving the shop. It is held first, so that nothing else
/// refunds it, and used once the other order is paid. From then on it counts as given back here, and as paid there. What is refunded of it
/// later, for the other order, is refunded through this payment's provider:
/// <c>paid = refundable + refunded + held or used by credits</c>.
/// </summary>
public sealed partial record PaymentState
{
    /// <summary>The most credits of one payment.</summary>
    public const int MaxCredits = 50;

    /// <summary>What pays, or is held, for other orders, oldest first; null for none.</summary>
    public ImmutableArray<GivenCredit>? Credits { get; init; }

    /// <summary>Minor units that pay, or are held, for other orders.</summary>
    private long Credited => Credits?.Sum(c => c.Amount) ?? 0;

    /// <summary>The credits without the oldest ended ones, of which the last <see cref="MaxCredits"/> are remembered.</summary>
    private IEnumerable<GivenCredit> RememberedCredits => (Credits ?? [])
        .Except((Credits ?? []).Where(c => c.Amount == 0).SkipLast(MaxCredits - 1));

    private GivenCredit? CreditOf(string id) => Credits?.FirstOrDefault(c => c.Id == id);

    /// <summary>Minor units that have paid for the order: the captured money, with the credit.</summary>
    public long Paid => Captured is null ? 0 : CapturedAmount + (Terms.Credit?.Amount ?? 0);

    /// <summary>Minor units of confirmed refunds, and what has paid for other orders.</summary>
    public long GivenBack =>
        Refunds.Where(r => !r.IsOpen && !r.HasFailed && r.CreditId is null).Sum(r => r.Amount)
        + (Credits?.Where(c => c.IsUsed).Sum(c => c.Amount) ?? 0);

    /// <summary>Holds money for another order. Changes nothing when the credit is known.</summary>
    public Decision<PaymentState> HoldCredit(HoldCredit command)
    {
        if (CreditOf(command.CreditId) is { } known)
            return known.Amount == 0 ? CreditEnded : Decision<PaymentState>.NoChange(this);
        if (CheckUndisputed() is { } disputed)
            return disputed;
        if (command.Amount < 1 || command.Amount > Refundable)
            return MoreThan(Refundable, command.Amount);
        return Credits?.Count(c => c.Amount > 0) >= MaxCredits
            ? Error.Of(ErrorCode.Conflict, "error.credits-most", $"A payment has at most {MaxCredits} credits for other orders.")
            : Decision<PaymentState>.To(this with
            {
                Credits = [.. RememberedCredits, new GivenCredit(command.CreditId, command.OrderId, command.Amount)],
            });
    }

    /// <summary>
    /// Ends the hold: so many minor units pay the other order. An unknown credit is stored with 0, so that a late hold is refused.
    /// </summary>
    public Decision<PaymentState> EndCredit(string creditId, long used)
    {
        var credit = CreditOf(creditId);
        if (credit is { IsUsed: true } or { Amount: 0 })
            return Decision<PaymentState>.NoChange(this);
        if (used < 0 || used > (credit?.Amount ?? 0))
            throw new InvalidOperationException($"Credit {creditId} of payment {OrderId} has {credit?.Amount ?? 0}, not {used}.");
        if (credit is null)
            return Decision<PaymentState>.To(this with { Credits = [.. RememberedCredits, new GivenCredit(creditId, default, 0)] });
        var ended = credit with { Amount = used, IsUsed = used > 0 };
        return Decision<PaymentState>.To(this with { Credits = Credits!.Value.Replace(credit, ended) });
    }

    /// <summary>Stores the refund of money that a credit has paid for the other order, before the provider is called.</summary>
    public Decision<PaymentState> BeginRefund(RefundCredit command, DateTimeOffset now)
    {
        var id = RefundIdOf(command);
        if (Refunds.Any(r => r.Id == id || r.Id == CreditPartOf(id)))
            return Decision<PaymentState>.NoChange(this);
        if (CheckUndisputed() is { } disputed)
            return disputed;
        // The other order may be paid before this payment knows that its hold has ended.
        var credit = CreditOf(command.CreditId)?.Amount ?? 0;
        var left = credit - Refunds.Where(r => r.CreditId == command.CreditId && !r.HasFailed).Sum(r => r.Amount);
        return command.Amount < 1 || command.Amount > left
            ? MoreThan(left, command.Amount)
            : BeginRefund(id, command.Amount, command.Reason, command.CreditId, now);
    }

    /// <summary>Returns the id that a refund for the other order has here.</summary>
    public static string RefundIdOf(RefundCredit command) => $"{command.CreditId}/{command.RefundId}";

    /// <summary>Returns what a refund has refunded of its parts, in minor units.</summary>
    public long RefundedBy(string refundId) =>
        Refunds.Where(r => (r.Id == refundId || r.Id == CreditPartOf(refundId)) && !r.HasFailed).Sum(r => r.Amount);

    /// <summary>
    /// Fails the part of a refund that the provider was not asked for, because the payment of the earlier order refused its part.
    /// </summary>
    public Decision<PaymentState> AbandonRefund(string refundId) =>
        Refunds.FirstOrDefault(r => r.Id == refundId) is { IsOpen: true } open
            && Refunds.Any(r => r.Id == CreditPartOf(refundId) && r.HasFailed)
            ? Decision<PaymentState>.To(this with
            {
                Refunds = Refunds.Replace(open, open with
                {
                    Reference = "",
                    Status = RefundStatus.Failed,
                    FailureReason = Refunds.First(r => r.Id == CreditPartOf(refundId)).FailureReason,
                }),
            })
            : Decision<PaymentState>.NoChange(this);

    private static Error CreditEnded { get; } = Error.Of(
        ErrorCode.Conflict, "error.credit-ended", "The exchange has ended. Begin a new one.");
}

/// <summary>Money of a payment that pays, or is held, for another order.</summary>
/// <param name="Id">The operation.</param>
/// <param name="OrderId">The other order.</param>
/// <param name="Amount">Minor units; 0 once the hold has ended unused.</param>
public sealed record GivenCredit(string Id, Guid OrderId, long Amount)
{
    /// <summary>True once it has paid for the other order; false while it is held.</summary>
    public bool IsUsed { get; init; }
}
