using SoonShop.Pricing;
using static SoonShop.Tests.Pricing.GivenPrices;

namespace SoonShop.Tests.Pricing;

/// <summary>Section 4 of the specification: taxes.</summary>
public sealed class TaxTests
{
    [Fact]
    public void s4_rates_are_parts_per_million_and_rounded_half_up()
    {
        // 8.875 % of 19.99 is 1.7741; 9.975 % of 100.00 is 9.975; 5 % of 0.10 is 0.005.
        Assert.Equal("vat 1999 177", Shop.Taxed(Rate(88_750)).Price(Cart((1, 1999)).NotSent()).TaxSummary());
        Assert.Equal("vat 10000 998", Shop.Taxed(Rate(99_750)).Price(Cart((1, 10_000)).NotSent()).TaxSummary());
        Assert.Equal("vat 10 1", Shop.Taxed(Rate(50_000)).Price(Cart((1, 10)).NotSent()).TaxSummary());
        Assert.Equal("vat 9 0", Shop.Taxed(Rate(50_000)).Price(Cart((1, 9)).NotSent()).TaxSummary());
    }

    [Fact]
    public void s4_rounding_is_per_line_or_per_rate_group()
    {
        // Three times 1.7741 are 5.31 when each is rounded, and 5.32 when their sum is.
        var rules = Shop.Taxed(Rate(88_750));
        var cart = Cart((1, 1999), (1, 1999), (1, 1999)).NotSent();

        Assert.Equal("vat 5997 531", rules.Price(cart).TaxSummary());
        Assert.Equal("vat 5997 532", rules.PerGroup().Price(cart).TaxSummary());
        Assert.Equal([178, 177, 177], rules.PerGroup().Price(cart).Lines.Select(l => l.Tax));
    }

    [Fact]
    public void s4_several_rates_apply_to_a_line_and_a_compound_one_to_the_taxes_before_it()
    {
        // Canada before 2013: GST 5 %, and QST 9.5 % on price and GST.
        var simple = Shop.Taxed(Rate(50_000, "gst"), Rate(99_750, "qst")).Price(Cart((1, 10_000)).NotSent());
        var compound = Shop.Taxed(Rate(95_000, "a-qst", compound: true), Rate(50_000, "gst")).Price(Cart((1, 10_000)).NotSent());

        Assert.Equal("gst 10000 500, qst 10000 998", simple.TaxSummary());
        Assert.Equal("gst 10000 500, a-qst 10500 998", compound.TaxSummary());
        Assert.Equal((11_498, 11_498), (simple.Total, compound.Total));
    }

    [Fact]
    public void s4_tax_inside_a_price_is_taken_out_of_it()
    {
        // 19.00 of 119.00 at 19 %; 1.67 of 9.99 at 20 % (1.665); 91 yen of 1,000 at 10 % (90.9).
        var quote = Shop.Taxed(Rate(190_000)).Inside().Price(Cart((1, 11_900)).NotSent());
        Assert.Equal(("vat 10000 1900", 11_900, 1900, true), (quote.TaxSummary(), quote.Total, quote.Tax, quote.TaxInside));
        Assert.Equal("vat 832 167", Shop.Taxed(Rate(200_000)).Inside().Price(Cart((1, 999)).NotSent()).TaxSummary());
        Assert.Equal("vat 909 91", Shop.Taxed(Rate(100_000)).Inside("JPY").Price(Cart((1, 1000)).In("JPY").NotSent()).TaxSummary());
        Assert.Equal("vat 1000 100", Shop.Taxed(Rate(100_000)).Inside("JPY").Price(Cart((1, 1000)).NotSent()).TaxSummary());
    }

    [Fact]
    public void s4_several_rates_inside_a_price_add_up_with_it()
    {
        // Without tax 1.00 costs 1.00 / 1.15 = 0.87. The tax of 0.13 is divided 5 : 9.975.
        var quote = Shop.Taxed(Rate(50_000, "gst"), Rate(99_750, "qst")).Inside().Price(Cart((1, 100)).NotSent());
        Assert.Equal("gst 87 4, qst 87 9", quote.TaxSummary());

        // 1.155 = 1.05 × 1.10: 100.00 without tax, 5.00, and 10 % of 105.00.
        var compound = Shop.Taxed(Rate(50_000, "a"), Rate(100_000, "b", compound: true)).Inside().Price(Cart((1, 11_550)).NotSent());
        Assert.Equal("a 10000 500, b 10500 1050", compound.TaxSummary());
    }

    [Fact]
    public void s4_tax_is_not_rounded_to_what_a_currency_can_charge_but_the_total_is()
    {
        // 1.230 dinars and 5 %: 0.0615 of tax are 62 fils. 1.292 cannot be charged, 1.290 can.
        var quote = Shop.Taxed(Rate(50_000)).Price(Cart((1, 1230)).In("KWD").NotSent());
        Assert.Equal((62, -2, 1290, 1290), (quote.Tax, quote.Rounding, quote.Total, quote.Lines[0].Payable));

        // 1.302 and 0.095 are 1.397, rounded to 1.400: 140 steps over the lines are 130.48 and 9.52.
        var up = Shop.Taxed(Rate(50_000)).Price(Cart((1, 1240), (1, 90)).In("KWD").NotSent());
        Assert.Equal((67, 3, 1400), (up.Tax, up.Rounding, up.Total));
        Assert.Equal([1300, 100], up.Lines.Select(l => l.Payable));
    }

    [Theory]
    [InlineData("UK")]
    [InlineData("ZZ")]
    [InlineData("EU")]
    [InlineData("de")]
    [InlineData("")]
    public void s4_a_destination_that_is_no_country_is_refused(string country)
    {
        var quote = Shop.Price(Cart((1, 1000)) with { Destination = new Destination(country) });

        Assert.Equal((TaxStatus.Unknown, false), (quote.TaxStatus, quote.CanBeOrdered));
        Assert.Equal(["quote.no-country"], quote.ProblemKeys());
    }

    [Fact]
    public void s4_a_destination_without_a_zone_is_refused_unless_there_is_a_rest_of_the_world()
    {
        var germany = Shop with { TaxZones = [new Zone("world", "Germany", [new("DE")])] };

        Assert.True(germany.Price(Cart((1, 1000))).CanBeOrdered);
        Assert.Equal(["quote.no-tax-zone"], germany.Price(Cart((1, 1000)) with { Destination = new("FR") }).ProblemKeys());
        Assert.True(Shop.Price(Cart((1, 1000)) with { Destination = new("FR") }).CanBeOrdered);
    }

    [Fact]
    public void s4_without_a_destination_there_is_neither_tax_nor_shipping()
    {
        var quote = Shop.Taxed(Rate(190_000)).Price(Cart((1, 1000)) with { Destination = null });

        Assert.Equal((TaxStatus.Unknown, 0, 1000), (quote.TaxStatus, quote.Tax, quote.Total));
        Assert.Null(quote.Shipping);
        Assert.Equal(["quote.needs-destination"], quote.ProblemKeys());
    }

    [Theory]
    [InlineData("US", null, null, "us")]
    [InlineData("US", "NY", null, "ny")]
    [InlineData("US", "ny", "10100", "ny")]
    [InlineData("US", "CA", "10001", "prefix")]
    [InlineData("US", "NY", "1000-1", "ny-prefix")]
    [InlineData("US", null, "100 1", "prefix")]
    [InlineData("US", "NY", "10012", "long")]
    [InlineData("FR", null, null, "world")]
    public void s4_the_most_specific_zone_wins(string country, string? region, string? postalCode, string zone)
    {
        ImmutableArray<Zone> zones =
        [
            World, new("us", "US", [new("US")]), new("ny", "NY", [new("US", "NY")]), new("prefix", "100", [new("US", null, "100")]),
            new("ny-prefix", "NY 100", [new("US", "NY", "10 0")]), new("long", "10012", [new("US", null, "10012")]),
        ];
        var rules = Shop with { TaxZones = zones, TaxRates = [.. zones.Select(z => Rate(10_000, z.Id) with { ZoneId = z.Id })] };

        Assert.Equal(zone, rules.Price(Cart((1, 1000)) with { Destination = new(country, region, postalCode) }).Taxes.Single().ZoneId);
    }

    [Fact]
    public void s4_products_and_shipping_are_taxed_by_their_own_categories()
    {
        var rules = Shop.Taxed(Rate(190_000), Rate(70_000, "low", TaxCategory.Reduced))
            .Sending(Method("post", Flat(500)) with { TaxCategory = TaxCategory.Reduced });
        var cart = Cart(new PricingLine(Product("A", 1000), 1), new(Product("B", 1000) with { TaxCategory = TaxCategory.Reduced }, 1));

        var quote = rules.Price(cart);
        Assert.Equal("vat 1000 190, low 1500 105", quote.TaxSummary());
        Assert.Equal([190, 70], quote.Lines.Select(l => l.Tax));
        Assert.Equal((35, 2795), (quote.Shipping!.Tax, quote.Total));
    }

    [Fact]
    public void s4_zero_and_exempt_need_no_rate_another_category_is_taxed_as_standard_and_never_silently_at_nothing()
    {
        Quote Of(string category, params ImmutableArray<TaxRate> rates) => Shop.Taxed(rates).Price(
            Cart(new PricingLine(Product("A", 1000) with { TaxCategory = category, RequiresShipping = false }, 1)));

        Assert.Equal((0, true), (Of(TaxCategory.Zero, Rate(190_000)).Tax, Of(TaxCategory.Exempt).CanBeOrdered));
        Assert.Equal(190, Of("books", Rate(190_000)).Tax);
        Assert.Equal(50, Of("books", Rate(190_000), Rate(50_000, "b", "books")).Tax);
        Assert.Equal(["quote.no-tax-rate"], Of("books", Rate(190_000) with { To = Now }).ProblemKeys());
        Assert.Equal(TaxStatus.Unknown, Of("books").TaxStatus);
    }

    [Fact]
    public void s4_rates_are_in_force_from_and_to_a_time()
    {
        var rules = Shop.Taxed(Rate(160_000, "old") with { To = Now }, Rate(190_000, "new") with { From = Now });

        Assert.Equal("new 1000 190", rules.Price(Cart((1, 1000)).NotSent()).TaxSummary());
        Assert.Equal("old 1000 160", rules.Price(Cart((1, 1000)).NotSent() with { At = Now.AddTicks(-1) }).TaxSummary());
    }

    [Fact]
    public void s4_an_exempt_buyer_pays_no_tax_and_the_reason_is_kept()
    {
        var exempt = Cart((1, 11_900), (1, 101)).NotSent() with { Buyer = new Buyer { TaxExemptionReason = "VAT ATU12345678" } };
        var outside = Shop.Taxed(Rate(190_000)).Price(exempt);
        var inside = Shop.Taxed(Rate(190_000)).Inside().Price(exempt);

        Assert.Equal((TaxStatus.Exempt, "VAT ATU12345678", 0, 0, 12_001),
            (outside.TaxStatus, outside.TaxExemptionReason, outside.Tax, outside.TaxDeducted, outside.Total));
        // Prices that include tax are paid without it: 19.00 of 119.00, 0.16 of 1.01.
        Assert.Equal((0, 1916, 10_085), (inside.Tax, inside.TaxDeducted, inside.Total));
        Assert.Equal([10_000, 85], inside.Lines.Select(l => l.Payable));
        Assert.Empty(inside.Taxes);
    }

    [Fact]
    public void taxes_of_a_group_never_exceed_the_price_that_includes_them()
    {
        // Each rate is a quarter of the price; rounded each by itself, two of them would take a unit of the same line.
        var rates = Enumerable.Range(0, 3).Select(i => Rate(1_000_000, $"r{i}")).ToImmutableArray();
        var quote = Shop.Taxed(rates).Inside().PerGroup().Price(Cart((1, 1), (1, 1), (1, 1), (1, 1), (1, 2)).NotSent());

        Assert.Equal((5, 5), (quote.Tax, quote.Lines.Sum(l => l.Tax)));
        Assert.All(quote.Lines, l => Assert.True(l.Tax <= l.Net && l.Taxes.All(t => t is { Base: >= 0, Amount: >= 0 })));
    }
}
