namespace SoonShop.StripeTesting;

/// <summary>What the server has on its books, at one moment. Amounts are in the currency's minor unit.</summary>
/// <param name="Payments">Every payment intent, the oldest first.</param>
/// <param name="Refunds">Every refund of money that was captured, the oldest first.</param>
/// <param name="Disputes">Every dispute, the oldest first.</param>
public sealed record StripeBooks(
    ImmutableArray<BookedPayment> Payments, ImmutableArray<BookedRefund> Refunds, ImmutableArray<BookedDispute> Disputes)
{
    /// <summary>Sums over everything.</summary>
    public BookTotals Totals => BookTotals.Of(Payments);

    /// <summary>
    /// Sums by the value of a metadata key of the payment intents, such as the order's id; those without it come under an empty text.
    /// </summary>
    public IReadOnlyDictionary<string, BookTotals> By(string metadataKey) =>
        Payments.GroupBy(p => p.Metadata.GetValueOrDefault(metadataKey, "")).ToDictionary(g => g.Key, BookTotals.Of);
}

/// <summary>A payment intent.</summary>
/// <param name="Id">Such as <c>pi_…</c>.</param>
/// <param name="Status">As Stripe calls it.</param>
/// <param name="Currency">In lower case.</param>
/// <param name="Amount">What was asked for.</param>
/// <param name="Captured">What was taken.</param>
/// <param name="Capturable">What is authorized and can be taken.</param>
/// <param name="Refunded">What of it was given back, or is on its way; without refunds that failed.</param>
/// <param name="Disputed">What the cardholder's bank has taken back, or asks for.</param>
/// <param name="Charges">How often a card was asked.</param>
/// <param name="Customer">Whose; null for guests.</param>
/// <param name="Metadata">As the shop gave it.</param>
public sealed record BookedPayment(
    string Id, string Status, string Currency, long Amount, long Captured, long Capturable, long Refunded, long Disputed, int Charges,
    string? Customer, IReadOnlyDictionary<string, string> Metadata);

/// <summary>A refund.</summary>
public sealed record BookedRefund(
    string Id, string PaymentIntent, string Charge, long Amount, string Currency, string Status,
    IReadOnlyDictionary<string, string> Metadata);

/// <summary>A dispute.</summary>
public sealed record BookedDispute(string Id, string PaymentIntent, string Charge, long Amount, string Currency, string Status);

/// <summary>Sums over payment intents.</summary>
/// <param name="Payments">How many there are.</param>
/// <param name="Succeeded">How many of them were captured.</param>
/// <param name="Captured">What was taken.</param>
/// <param name="Capturable">What is authorized and can be taken.</param>
/// <param name="Refunded">What was given back.</param>
/// <param name="Disputed">What cardholders' banks took back, or ask for.</param>
public sealed record BookTotals(int Payments, int Succeeded, long Captured, long Capturable, long Refunded, long Disputed)
{
    internal static BookTotals Of(IEnumerable<BookedPayment> payments)
    {
        var sum = new BookTotals(0, 0, 0, 0, 0, 0);
        foreach (var p in payments)
            sum = new(
                sum.Payments + 1, sum.Succeeded + (p.Status == "succeeded" ? 1 : 0), sum.Captured + p.Captured,
                sum.Capturable + p.Capturable, sum.Refunded + p.Refunded, sum.Disputed + p.Disputed);
        return sum;
    }
}
