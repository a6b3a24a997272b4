using SoonShop.Pricing;

namespace SoonShop.Orders;

/// <summary>The totals of an order in integer minor units, and its lines. They are taken from its quote once, when it is placed.</summary>
public sealed record OrderTotals(ImmutableArray<OrderLine> Lines, long Subtotal, long Shipping, long Tax, long Discount, long Total)
{
    /// <summary>Returns the totals of a quote.</summary>
    /// <param name="quote">The quote.</param>
    /// <param name="nameOf">Returns the name of a product by its SKU.</param>
    public static OrderTotals Of(Quote quote, Func<string, string> nameOf)
    {
        Money Amount(long minor) => new(minor, quote.Currency);
        var lines = ImmutableArray.CreateBuilder<OrderLine>(quote.Lines.Length);
        foreach (var line in quote.Lines)
        {
            lines.Add(new OrderLine(
                line.Sku, nameOf(line.Sku), line.Quantity, Amount(line.UnitPrice ?? 0), Amount(line.Gross), Amount(line.Tax))
            {
                Discount = line.Discount > 0 ? Amount(line.Discount) : null,
                IsGift = line.GiftOf is not null,
            });
        }
        return new OrderTotals(lines.MoveToImmutable(), quote.Subtotal, quote.ShippingCost, quote.Tax, quote.Discount, quote.Total);
    }

    /// <summary>
    /// Returns the quote as a buyer sees it who expected another one. It is stored with the refusal, so it does not say why the buyer pays
    /// no tax, which may be personal.
    /// </summary>
    public OrderQuote ToQuote(Quote quote)
    {
        Money Amount(long minor) => new(minor, quote.Currency);
        return new OrderQuote(Lines, Amount(Subtotal), Amount(Shipping), Amount(Tax), Amount(Total))
        {
            Prices = PriceSummary.Of(quote) with { TaxExemptionReason = null },
        };
    }
}
