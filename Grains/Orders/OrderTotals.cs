using SoonShop.Carts;

namespace SoonShop.Orders;

/// <summary>
/// The totals of an order, computed once in integer minor units. Tax is computed on the whole and divided over lines and shipping by the
/// largest-remainder method, so that the parts add up exactly. Shipping and tax are rounded to the currency's
/// <see cref="Currencies.ChargeStep"/>, like prices, so that the total can always be charged.
/// </summary>
public sealed record OrderTotals(ImmutableArray<OrderLine> Lines, long Subtotal, long Shipping, long Tax, long Discount, long Total)
{
    /// <summary>100 % in basis points.</summary>
    private const int Whole = 10_000;

    /// <summary>Computes the totals of lines that are sent to a country.</summary>
    /// <exception cref="InvalidOperationException">
    /// The shop does not sell to the country: no tax rate is configured, not even zero. See <see cref="Destinations"/>.
    /// </exception>
    public static OrderTotals Compute(ImmutableArray<CartLine> cart, string country, CheckoutOptions options)
    {
        var subtotal = cart.Sum(l => checked(l.UnitPrice.Amount * l.Quantity));
        var rate = options.ShippingByCountry.GetValueOrDefault(country, options.Shipping);
        var step = Currencies.ChargeStep(options.Currency);
        var shipping = rate.FreeFrom is { } free && subtotal >= free ? 0 : RoundHalfUp(rate.Amount, step) * step;
        var basisPoints = options.TaxBasisPointsFor(country)
            ?? throw new InvalidOperationException(
                $"The shop has no tax for {country}, so it does not sell there. Refuse the address before an order is computed.");
        var tax = RoundHalfUp((Int128)(subtotal + shipping) * basisPoints, Whole * step) * step;
        var shares = LargestRemainder.Divide(tax, [.. cart.Select(l => l.UnitPrice.Amount * l.Quantity), shipping]);
        Money Of(long amount) => new(amount, options.Currency);
        var lines = cart
            .Select((l, i) => new OrderLine(l.Sku, l.Name, l.Quantity, l.UnitPrice, Of(l.UnitPrice.Amount * l.Quantity), Of(shares[i])))
            .ToArray();
        return new OrderTotals([.. lines], subtotal, shipping, tax, 0, subtotal + shipping + tax);
    }

    /// <summary>Returns the error, with a quote, for a total that differs from what the buyer was shown; null when it is equal.</summary>
    public Error? CheckExpected(Money expected, string currency)
    {
        Money Of(long amount) => new(amount, currency);
        return Of(Total) == expected ? null : Error.Of(
            ErrorCode.Conflict, "error.another-total", $"The order now costs {Of(Total)}, not {expected}; see quote.") with
        {
            Quote = new OrderQuote(Lines, Of(Subtotal), Of(Shipping), Of(Tax), Of(Total)),
        };
    }

    private static long RoundHalfUp(Int128 dividend, int divisor) => (long)((dividend + divisor / 2) / divisor);
}
