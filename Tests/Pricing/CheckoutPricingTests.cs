using CsCheck;
using SoonShop.Carts;
using SoonShop.Catalog;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Tests.Pricing;

/// <summary>A shop without rules of its own costs what it did.</summary>
public sealed class CheckoutPricingTests
{
    private static readonly Gen<(int Quantity, long Price)[]> Lines =
        Gen.Select(Gen.Int[1, CartLine.MaxQuantity], Gen.OneOf(Gen.Long[0, 5000], Gen.Long[0, ProductContent.MaxPrice]))
            .Array[0, Cart.MaxLines];

    private static readonly Gen<CheckoutOptions> Options =
        from currency in Gen.OneOf<string>(["USD", "JPY", "EUR", "UGX"])
        from shipping in Gen.Select(Gen.Long[0, 100_000_000], Gen.Long[0, 10_000_000].Nullable(), Gen.Long[0, 5000])
        from tax in Gen.Select(Gen.Int[0, 10_000], Gen.Int[0, 10_000], Gen.Int[0, 10_000].Nullable())
        select new CheckoutOptions
        {
            Currency = currency,
            Shipping = new ShippingRate { Amount = shipping.Item1, FreeFrom = shipping.Item2 },
            ShippingByCountry = { ["CH"] = new ShippingRate { Amount = shipping.Item3 } },
            TaxBasisPointsByCountry = { ["DE"] = tax.Item1, ["CH"] = tax.Item2 },
            TaxBasisPointsRestOfWorld = tax.Item3,
        };

    [Fact]
    public void a_shop_without_rules_is_priced_as_before() => Gen.Select(Lines, Options, Gen.OneOf<string>(["DE", "CH", "FR"]))
        .Sample((lines, options, country) =>
    {
        Assert.Empty(options.Problems());
        var quote = PricingEngine.Price(
            new PricingRequest
            {
                // Sorted by SKU: a tie between remainders goes to the smaller SKU here, and to the first line in the earlier totals.
                Lines = [.. lines.Select((l, i) =>
                    new PricingLine(GivenPrices.Product($"SKU-{i:000}", l.Price, currency: options.Currency), l.Quantity))],
                Currency = options.Currency,
                At = GivenPrices.Now,
                Destination = new Destination(country),
                ShippingMethodId = CheckoutPricing.ShippingMethodId,
            },
            CompiledPricingRules.Compile(CheckoutPricing.RulesOf(options)));
        if (options.TaxBasisPointsFor(country) is null)
        {
            Assert.Equal(["quote.no-tax-zone"], quote.ProblemKeys());
            return;
        }
        // An empty cart is not sent, and cannot be ordered.
        if (lines.Length == 0)
            return;
        var subtotal = lines.Sum(l => l.Price * l.Quantity);
        var rate = options.ShippingByCountry.GetValueOrDefault(country, options.Shipping);
        var shipping = rate.FreeFrom is { } free && subtotal >= free ? 0 : rate.Amount;
        var tax = (long)(((Int128)(subtotal + shipping) * options.TaxBasisPointsFor(country)!.Value + 5_000) / 10_000);

        Assert.Equal(
            (subtotal, shipping, tax, 0, subtotal + shipping + tax),
            (quote.Subtotal, quote.ShippingCost, quote.Tax, quote.Discount, quote.Total));
        Assert.Equal(lines.Select(l => l.Price * l.Quantity), quote.Lines.Select(l => l.Gross));
        Assert.Equal(
            LargestRemainder.Divide(tax, [.. lines.Select(l => l.Price * l.Quantity), shipping]),
            quote.Lines.Select(l => l.Tax).Append(quote.Shipping!.Tax).ToArray());
        Assert.Empty(quote.Problems);
    }, iter: 2_000);

    [Fact]
    public void the_default_configuration_gives_rules_without_problems()
    {
        var options = new CheckoutOptions { TaxBasisPointsRestOfWorld = 0 };

        Assert.Empty(PricingRulesValidator.Check(CheckoutPricing.RulesOf(options)));
    }
}
