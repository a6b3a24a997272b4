using SoonShop.Payments;
using Stripe;

namespace SoonShop.Silo.Payments;

/// <summary>Stripe's transactions: PaymentIntents with their charges.</summary>
internal sealed class StripeTransactions(StripeCalls stripe) : IProviderTransactions
{
    public async Task<ProviderTransaction?> FindAsync(string reference, CancellationToken cancellation)
    {
        var expanded = new PaymentIntentGetOptions { Expand = ["latest_charge"] };
        var answer = await stripe.SendAsync((s, c) => s.PaymentIntents.GetAsync(reference, expanded, null, c), cancellation);
        return answer.Value is { } intent ? FactsOf(intent)
            : answer.Fault!.Kind == StripeFaultKind.Missing ? null
            : throw Unreadable(answer.Fault);
    }

    public async Task<ProviderTransactionPage> ListAsync(
        DateTimeOffset from, DateTimeOffset to, string? after, int limit, CancellationToken cancellation)
    {
        var wanted = new PaymentIntentListOptions
        {
            Created = new DateRangeOptions { GreaterThanOrEqual = from.UtcDateTime, LessThan = to.UtcDateTime },
            Limit = limit,
            StartingAfter = after,
            Expand = ["data.latest_charge"],
        };
        var answer = await stripe.SendAsync((s, c) => s.PaymentIntents.ListAsync(wanted, null, c), cancellation);
        return answer.Value is { } page
            ? new ProviderTransactionPage([.. page.Data.Select(FactsOf)], page.HasMore)
            : throw Unreadable(answer.Fault!);
    }

    private static ProviderTransaction FactsOf(PaymentIntent intent)
    {
        var payment = StripeObjects.Payment(intent);
        return new ProviderTransaction(
            intent.Id, OrderOf(intent.Metadata), new Money(
                StripeAmount.ToMinor(intent.Amount, intent.Currency), intent.Currency.ToUpperInvariant()),
            payment.Status, payment.Captured ?? 0,
            payment.Status == ProviderPaymentStatus.Captured && intent.LatestCharge is { } charge
                ? StripeAmount.ToMinor(RefundedOf(charge), intent.Currency)
                : 0,
            intent.LatestCharge?.Disputed == true, intent.Created);
    }

    /// <summary>
    /// Returns the refunded amount. Stripe counts the uncaptured rest of a partial capture as refunded, although it was never taken.
    /// </summary>
    private static long RefundedOf(Stripe.Charge charge) => Math.Max(0, charge.AmountRefunded - (charge.Amount - charge.AmountCaptured));

    private static Guid? OrderOf(Dictionary<string, string>? metadata) =>
        StripeObjects.OrderOf(metadata?.GetValueOrDefault(StripeObjects.OrderField), StripeObjects.KeyOf(metadata));

    private static UnavailableException Unreadable(StripeFault fault) => new($"Stripe does not let its payments be read: {fault}.");
}
