using CsCheck;
using SoonShop.Carts;
using SoonShop.Catalog;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Tests.Rules;

public sealed class OrderTotalsTests
{
    private static readonly Gen<ImmutableArray<CartLine>> Carts =
        Gen.Select(Gen.Int[1, CartLine.MaxQuantity], Gen.Long[0, ProductContent.MaxPrice]).Array[0, Cart.MaxLines]
            .Select(lines => lines.Select((l, i) => Given.Line($"SKU-{i}", l.Item1, l.Item2)).ToImmutableArray());

    private static readonly Gen<CheckoutOptions> Options =
        Gen.Select(Gen.Long[0, 100_000_000], Gen.Long[0, 10_000_000].Nullable(), Gen.Int[0, 10_000])
            .Select((shipping, freeFrom, tax) => Charging(shipping, freeFrom, tax));

    [Fact]
    public void the_sums_add_up_for_any_cart() => Gen.Select(Carts, Options).Sample((cart, options) =>
    {
        var totals = Given.Totals(cart, "DE", options);

        Assert.All(totals.Lines, l => Assert.Equal(l.UnitPrice.Amount * l.Quantity, l.LineTotal.Amount));
        Assert.Equal(totals.Subtotal, totals.Lines.Sum(l => l.LineTotal.Amount));
        Assert.Equal(totals.Subtotal + totals.Shipping + totals.Tax - totals.Discount, totals.Total);
        Assert.All(totals.Lines, l => Assert.True(l.Tax.Amount >= 0));
        Assert.True(totals is { Subtotal: >= 0, Shipping: >= 0, Tax: >= 0, Discount: >= 0 });
    });

    [Theory]
    [InlineData("KWD", 10)]
    [InlineData("MGA", 100)]
    [InlineData("USD", 1)]
    public void the_total_can_be_charged_in_the_currencys_steps(string currency, int step) =>
        Gen.Select(Carts, Options).Sample((cart, options) =>
        {
            options.Currency = currency;
            var totals = Given.Totals(
                [.. cart.Select(l => l with { UnitPrice = new Money(l.UnitPrice.Amount / step * step, currency) })], "DE", options);

            Assert.Equal((0, 0), (totals.Total % step, totals.Shipping % step));
            // Tax is not rounded to the step: the difference is an amount of its own.
            Assert.InRange(totals.Total - (totals.Subtotal + totals.Shipping + totals.Tax), 1 - step, step - 1);
            Assert.All(totals.Lines, l => Assert.True(l.Tax.Amount >= 0));
        });

    [Fact]
    public void the_taxes_of_lines_and_shipping_are_the_tax() => Gen.Select(Carts, Options).Sample((cart, options) =>
    {
        var totals = Given.Totals(cart, "DE", options);
        var ofShipping = totals.Tax - totals.Lines.Sum(l => l.Tax.Amount);
        var rate = options.TaxBasisPointsByCountry["DE"];

        Assert.True(Int128.Abs((Int128)totals.Tax * 10_000 - (Int128)(totals.Subtotal + totals.Shipping) * rate) <= 5_000);
        // What the lines leave over is the share of shipping: itself less than one minor unit from exact, after the tax's own rounding.
        Assert.InRange(ofShipping - (decimal)totals.Shipping * rate / 10_000, -1.5m, 1.5m);
    });

    [Fact]
    public void shares_add_up_and_each_is_less_than_one_from_exact() =>
        Gen.Select(Gen.Long[0, Money.MaxAmount], Gen.Long[0, Money.MaxAmount].Array[1, 101]).Sample((amount, weights) =>
        {
            var shares = LargestRemainder.Divide(amount, weights);
            var all = weights.Aggregate(Int128.Zero, (sum, w) => sum + w);

            Assert.Equal(amount, shares.Sum());
            Assert.All(shares, s => Assert.True(s >= 0));
            if (all > 0)
                Assert.All(shares.Zip(weights), x => Assert.True(Int128.Abs(x.First * all - (Int128)amount * x.Second) < all));
        });

    [Fact]
    public void the_largest_remainder_gets_the_odd_unit_and_a_tie_goes_to_the_first()
    {
        Assert.Equal([0, 1], LargestRemainder.Divide(1, [1, 2]));
        Assert.Equal([34, 33, 33], LargestRemainder.Divide(100, [1, 1, 1]));
        Assert.Equal([0, 0, 7], LargestRemainder.Divide(7, [0, 0, 0]));
        Assert.Empty(LargestRemainder.Divide(0, []));
    }

    [Fact]
    public void half_a_unit_of_tax_is_rounded_up()
    {
        Assert.Equal(1, Given.Totals([Given.Line(price: 5)], "DE", Charging(0, null, 1000)).Tax);
        Assert.Equal(0, Given.Totals([Given.Line(price: 4)], "DE", Charging(0, null, 1000)).Tax);
    }

    [Fact]
    public void the_largest_order_does_not_overflow()
    {
        ImmutableArray<CartLine> cart = [.. Enumerable.Range(0, Cart.MaxLines).Select(i =>
            Given.Line($"SKU-{i}", CartLine.MaxQuantity, ProductContent.MaxPrice))];

        var totals = Given.Totals(cart, "DE", Charging(100_000_000, null, 10_000));

        Assert.Equal(100L * 999 * 1_000_000_000, totals.Subtotal);
        Assert.Equal(totals.Subtotal + 100_000_000, totals.Tax);
        Assert.Equal(2 * (totals.Subtotal + 100_000_000), totals.Total);
        Assert.True(totals.Total <= Money.MaxAmount);
    }

    [Theory]
    [InlineData(4999, 499)]
    [InlineData(5000, 0)]
    [InlineData(5001, 0)]
    public void shipping_is_free_from_the_threshold_on(long subtotal, long shipping) =>
        Assert.Equal(shipping, Given.Totals([Given.Line(price: subtotal)], "DE", Charging(499, 5000, 1900)).Shipping);

    [Fact]
    public void a_country_has_its_own_shipping_and_tax()
    {
        var options = Charging(499, 5000, 1900);
        options.ShippingByCountry["CH"] = new ShippingRate { Amount = 1500 };
        options.TaxBasisPointsRestOfWorld = 0;

        Assert.Equal((1500, 0), At("CH"));
        Assert.Equal((499, 285), At("DE"));
        Assert.Equal((499, 0), At("FR"));

        (long, long) At(string country)
        {
            var totals = Given.Totals([Given.Line(price: 1000)], country, options);
            return (totals.Shipping, totals.Tax);
        }
    }

    [Fact]
    public void a_country_without_a_tax_is_no_country_without_taxes()
    {
        var options = Charging(499, null, 1900);
        var quote = Given.Quote([Given.Line()], "FR", options);
        Assert.Equal((false, TaxStatus.Unknown), (quote.CanBeOrdered, quote.TaxStatus));
        Assert.Contains(quote.Problems, p => p.Text.English.Contains("FR", StringComparison.Ordinal));
        options.TaxBasisPointsRestOfWorld = 0;
        Assert.Equal(0, Given.Totals([Given.Line()], "FR", options).Tax);
    }

    private static CheckoutOptions Charging(long shipping, long? freeFrom, int taxBasisPoints) => new()
    {
        Shipping = new ShippingRate { Amount = shipping, FreeFrom = freeFrom },
        TaxBasisPointsByCountry = { ["DE"] = taxBasisPoints },
    };
}
