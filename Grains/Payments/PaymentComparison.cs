using SoonShop.Orders;

namespace SoonShop.Payments;

/// <summary>A difference between the shop's payment and the provider's transaction, or the order.</summary>
/// <param name="Kind">What differs.</param>
/// <param name="Reference">The provider's id of the payment; empty when the order differs.</param>
/// <param name="Ours">The value in the shop's payment.</param>
/// <param name="Theirs">The value at the provider, or in the order.</param>
public sealed record PaymentDifference(DiscrepancyKind Kind, string Reference, string Ours, string Theirs);

/// <summary>Compares payments with the provider's transactions and with orders.</summary>
public static class PaymentComparison
{
    /// <summary>Compares a payment with the provider's transaction.</summary>
    public static ImmutableArray<PaymentDifference> WithProvider(PaymentState? ours, ProviderTransaction theirs)
    {
        PaymentDifference Of(DiscrepancyKind kind, object? mine, object other) =>
            new(kind, theirs.Reference, mine?.ToString() ?? "nothing", other.ToString()!);

        var fate = ours?.Resolve(theirs, orderWaits: false);
        if (fate != UnmatchedPaymentResolution.Known)
        {
            return fate == UnmatchedPaymentResolution.Over || theirs.IsOver ? []
                // The provider has the payment, but its response is missing: this attempt is not unmatched.
                : ours?.Last is { Status: AttemptStatus.Asked } asked ? [Of(DiscrepancyKind.Status, asked.Status, theirs.Status)]
                : [Of(DiscrepancyKind.Stray, null, $"{theirs.Status} {theirs.Amount}, kept {theirs.Kept}")];
        }
        var attempt = ours!.Attempts.First(a => a.Reference == theirs.Reference);
        var differences = ImmutableArray.CreateBuilder<PaymentDifference>();
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
            if (theirs.Refunded != ours.Returned)
                differences.Add(Of(DiscrepancyKind.Refunded, ours.Returned, theirs.Refunded));
            if (theirs.Disputed && ours.Dispute is null)
                differences.Add(Of(DiscrepancyKind.Dispute, null, "disputed"));
        }
        return differences.ToImmutable();
    }

    /// <summary>Compares a payment whose reference the provider does not know.</summary>
    public static ImmutableArray<PaymentDifference> WithoutProvider(PaymentState? ours, string reference) =>
        ours?.Attempts.FirstOrDefault(a => a.Reference == reference) is { } attempt
        && attempt.Status is not (AttemptStatus.Cancelled or AttemptStatus.Declined)
            ? [new(DiscrepancyKind.UnknownToProvider, reference, attempt.Status.ToString(), "nothing")]
            : [];

    /// <summary>True when a payment can no longer confirm the order.</summary>
    public static bool HasEnded(OrderStatus? order) =>
        order is null or OrderStatus.Cancelled or OrderStatus.Expired or OrderStatus.Rejected;

    /// <summary>Compares a payment with its order; null for an order that does not exist.</summary>
    public static ImmutableArray<PaymentDifference> WithOrder(OrderStatus? order, PaymentState? payment)
    {
        PaymentDifference Of(DiscrepancyKind kind) =>
            new(kind, "", payment is null ? "nothing" : $"{payment.Status}, kept {Kept(payment)}", order?.ToString() ?? "nothing");

        var isPaid = payment?.Status is PaymentStatus.Captured or PaymentStatus.PartiallyRefunded;
        var isHeld = payment?.Status is PaymentStatus.Authorized;
        return order switch
        {
            OrderStatus.Confirmed when isPaid || isHeld => [],
            OrderStatus.Shipped or OrderStatus.Delivered when isPaid => [],
            OrderStatus.Refunded when payment?.Status == PaymentStatus.Refunded => [],
            OrderStatus.Confirmed or OrderStatus.Shipped or OrderStatus.Delivered or OrderStatus.Refunded =>
                [Of(DiscrepancyKind.OrderWithoutPayment)],
            // The bank decides about disputed money.
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

    private static long Kept(PaymentState payment) => payment.Paid - payment.GivenBack;
}
