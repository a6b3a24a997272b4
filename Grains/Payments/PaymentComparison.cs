using SoonShop.Orders;

namespace SoonShop.Payments;

/// <summary>Something in which two books differ.</summary>
/// <param name="Kind">What differs.</param>
/// <param name="Reference">The provider's id of the payment; empty where it is about the order.</param>
/// <param name="Ours">What the shop's payment says.</param>
/// <param name="Theirs">What the provider says, or the order.</param>
public sealed record Difference(DiscrepancyKind Kind, string Reference, string Ours, string Theirs);

/// <summary>The rules by which payments agree with the provider's books, and with the orders.</summary>
public static class PaymentComparison
{
    /// <summary>What the provider's books say differently of one of its payments.</summary>
    public static ImmutableArray<Difference> WithProvider(PaymentState? ours, ProviderPaymentFacts theirs)
    {
        Difference Of(DiscrepancyKind kind, object? mine, object other) => new(kind, theirs.Reference, mine?.ToString() ?? "nothing", other.ToString()!);

        var fate = ours?.FateOf(theirs, orderWaits: false);
        if (fate != StrayFate.Known)
        {
            return fate == StrayFate.Over || theirs.IsOver ? []
                // The provider has it, and its answer has not come: it is not unknown, but unheard of.
                : ours?.Last is { Status: AttemptStatus.Asked } asked ? [Of(DiscrepancyKind.Status, asked.Status, theirs.Status)]
                : [Of(DiscrepancyKind.Stray, null, $"{theirs.Status} {theirs.Amount}, kept {theirs.Kept}")];
        }
        var attempt = ours!.Attempts.First(a => a.Reference == theirs.Reference);
        var differences = ImmutableArray.CreateBuilder<Difference>();
        if (theirs.Amount != ours.Terms.Amount)
            differences.Add(Of(DiscrepancyKind.Amount, ours.Terms.Amount, theirs.Amount));
        if (!Agree(attempt, theirs.Status))
        {
            differences.Add(Of(DiscrepancyKind.Status, attempt.Status, theirs.Status));
        }
        else if (attempt.Status == AttemptStatus.Captured)
        {
            if (theirs.Captured != ours.CapturedAmount)
                differences.Add(Of(DiscrepancyKind.Captured, ours.CapturedAmount, theirs.Captured));
            if (theirs.Refunded != ours.GivenBack)
                differences.Add(Of(DiscrepancyKind.Refunded, ours.GivenBack, theirs.Refunded));
            if (theirs.Disputed && ours.Dispute is null)
                differences.Add(Of(DiscrepancyKind.Dispute, null, "disputed"));
        }
        return differences.ToImmutable();
    }

    /// <summary>What it means that the provider knows no payment of this reference.</summary>
    public static ImmutableArray<Difference> WithoutProvider(PaymentState? ours, string reference) =>
        ours?.Attempts.FirstOrDefault(a => a.Reference == reference) is { } attempt && attempt.Status is not (AttemptStatus.Cancelled or AttemptStatus.Declined)
            ? [new(DiscrepancyKind.UnknownToProvider, reference, attempt.Status.ToString(), "nothing")]
            : [];

    /// <summary>True when no payment can confirm the order any more.</summary>
    public static bool HasEnded(OrderStatus? order) => order is null or OrderStatus.Cancelled or OrderStatus.Expired or OrderStatus.Rejected;

    /// <summary>What the order says differently. An order of which nothing is known is null.</summary>
    public static ImmutableArray<Difference> WithOrder(OrderStatus? order, PaymentState? payment)
    {
        Difference Of(DiscrepancyKind kind) => new(kind, "", payment is null ? "nothing" : $"{payment.Status}, kept {Kept(payment)}", order?.ToString() ?? "nothing");

        var isPaid = payment?.Status is PaymentStatus.Captured or PaymentStatus.PartiallyRefunded;
        var isHeld = payment?.Status is PaymentStatus.Authorized;
        return order switch
        {
            OrderStatus.Confirmed when isPaid || isHeld => [],
            OrderStatus.Shipped or OrderStatus.Delivered when isPaid => [],
            OrderStatus.Refunded when payment?.Status == PaymentStatus.Refunded => [],
            OrderStatus.Confirmed or OrderStatus.Shipped or OrderStatus.Delivered or OrderStatus.Refunded => [Of(DiscrepancyKind.OrderWithoutPayment)],
            // Of disputed money the bank decides.
            _ when payment is { Dispute: { Status: not DisputeStatus.Won } } => [],
            _ when isHeld || (payment is not null && Kept(payment) > 0) => [Of(DiscrepancyKind.PaidWithoutOrder)],
            _ => [],
        };
    }

    private static bool Agree(PaymentAttempt attempt, ProviderPaymentStatus theirs) => attempt.Status switch
    {
        AttemptStatus.Captured => theirs == ProviderPaymentStatus.Captured,
        AttemptStatus.Authorized => theirs == ProviderPaymentStatus.Authorized,
        AttemptStatus.RequiresAction => theirs == ProviderPaymentStatus.RequiresAction,
        AttemptStatus.Processing => theirs == ProviderPaymentStatus.Processing,
        AttemptStatus.Declined => theirs is ProviderPaymentStatus.Declined or ProviderPaymentStatus.Cancelled,
        AttemptStatus.Cancelled => theirs == ProviderPaymentStatus.Cancelled,
        _ => false,
    };

    private static long Kept(PaymentState payment) => payment.CapturedAmount - payment.GivenBack;
}
