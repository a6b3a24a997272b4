using System.Numerics;
using CsCheck;
using SoonShop.Pricing;

namespace SoonShop.Tests.Pricing;

/// <summary>The engine against the slow model of the specification.</summary>
public sealed class QuoteModelTests
{
    /// <summary>The number of cases of each test.</summary>
    internal const int Cases = 10_000;

    [Fact]
    public void a_quote_is_what_the_model_says() => PricingGen.Cases.Sample(c =>
    {
        var (quote, model) = (c.Price(), QuoteModel.Price(c.Request, c.Rules));

        Assert.Equal(
            model.Discounts.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => $"{d.Key} {d.Value}"),
            quote.Promotions.OrderBy(p => p.Id, StringComparer.Ordinal).Select(p => $"{p.Id} {p.Discount}"));
        Assert.Equal(model.RefusedCodes, quote.RefusedCodes.Select(r => r.Reason.Key!["promotion.".Length..]));
        foreach (var line in model.Lines)
            Compare(line, [.. quote.Lines.Where(l => l.Sku == line.Product.Sku && l.GiftOf is null)], model);
        Assert.Equal(model.ShippingCost, quote.Shipping?.Cost);
        Assert.Equal(model.ShippingLeft, quote.ShippingCost - (quote.Shipping?.Discount ?? 0));
        Assert.Equal(
            model.Taxes.ByRate.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Key} {r.Value}"),
            quote.Taxes.OrderBy(t => t.RateId, StringComparer.Ordinal).Select(t => $"{t.RateId} {t.Amount}"));
        Assert.Equal((model.Taxes.Sum, model.Taxes.Deducted), (quote.Tax, quote.TaxDeducted));
        Assert.Equal((model.Total, model.Total - model.Exact), (quote.Total, quote.Rounding));
        Assert.Equal(model.CanBeOrdered, quote.CanBeOrdered);
    }, iter: Cases, print: c => c.ToString());

    private static void Compare(ModelLine expected, QuoteLine[] lines, QuoteModel model)
    {
        Assert.Equal((expected.Units, expected.UnitPrice), (lines.Sum(l => l.Quantity), lines[0].UnitPrice!.Value));
        Assert.Equal(expected.Value, lines.Sum(l => l.Net));
        Assert.Equal(
            expected.Discounts.Select(d => $"{d.Promotion} {d.Amount}").Order(StringComparer.Ordinal),
            lines.SelectMany(l => l.Adjustments).GroupBy(a => a.PromotionId).Select(g => $"{g.Key} {g.Sum(a => a.Amount)}")
                .Order(StringComparer.Ordinal));
        Assert.Equal(model.Taxes.OfEntries.GetValueOrDefault(expected.Product.Sku, BigInteger.Zero),
            lines.Sum(l => l.Tax + l.TaxDeducted) + Untaxed(lines, model));
    }

    /// <summary>What an exempt buyer would pay on top: the model has it, the quote does not.</summary>
    private static BigInteger Untaxed(QuoteLine[] lines, QuoteModel model) =>
        model.Taxes is { Sum.IsZero: true, Deducted.IsZero: true } ? model.Taxes.OfEntries.GetValueOrDefault(lines[0].Sku, BigInteger.Zero)
            : 0;
}
