using SoonShop.Pricing;
using static SoonShop.Tests.Pricing.GivenPrices;

namespace SoonShop.Tests.Pricing;

/// <summary>Section 5 of the specification: shipping.</summary>
public sealed class ShippingTests
{
    [Fact]
    public void s5_a_price_is_flat_or_by_weight_or_by_value_or_per_item()
    {
        ShippingPrice By(ShippingPriceKind kind) => new() { ZoneId = "world", Currency = "USD", Kind = kind };
        ShippingTier[] tiers = [new(0, 300), new(1000, 700)];
        long Cost(ShippingPrice price, params (int, long)[] lines) => Shop.Sending(Method("post", price)).Price(Cart(lines)).ShippingCost;

        Assert.Equal(500, Cost(Flat(500), (4, 100)));
        // 200 g each.
        Assert.Equal(300, Cost(By(ShippingPriceKind.ByWeight) with { Tiers = [.. tiers] }, (4, 100)));
        Assert.Equal(700, Cost(By(ShippingPriceKind.ByWeight) with { Tiers = [.. tiers] }, (5, 100)));
        Assert.Equal(300, Cost(By(ShippingPriceKind.ByValue) with { Tiers = [.. tiers] }, (1, 999)));
        Assert.Equal(700, Cost(By(ShippingPriceKind.ByValue) with { Tiers = [.. tiers] }, (1, 1000)));
        Assert.Equal(100 + 3 * 50, Cost(By(ShippingPriceKind.PerItem) with { Amount = 100, AmountPerItem = 50 }, (2, 100), (1, 100)));
    }

    [Fact]
    public void s5_it_is_free_from_an_amount_after_discounts()
    {
        var rules = Shop.Sending(Method("post", Flat(500, freeFrom: 5000)))
            .With(Promotion("one", PromotionAction.OrderAmount(Usd(1))).ByCode("ONE"));

        Assert.Equal(500, rules.Price(Cart((1, 4999))).ShippingCost);
        Assert.Equal(0, rules.Price(Cart((1, 5000))).ShippingCost);
        Assert.Equal(500, rules.Price(Cart((1, 5000)).With("one")).ShippingCost);
    }

    [Fact]
    public void s5_options_have_price_tax_and_promise_and_those_that_do_not_apply_the_reason()
    {
        var rules = (Shop with { ShippingZones = [World, new("de", "Germany", [new("DE")])] }).Taxed(Rate(100_000)).Sending(
            Method("post", Flat(500, zone: "de")) with { Carrier = "DHL" },
            Method("shop", Flat(0, zone: "de")) with { Kind = ShippingKind.Pickup },
            Method("abroad", Flat(900)),
            Method("euro", Flat(500, currency: "EUR", zone: "de")),
            Method("light", Flat(100, zone: "de")) with { MaxWeightGrams = 1000 },
            Method("heavy", Flat(100, zone: "de")) with { MinWeightGrams = 2000 },
            Method("small", Flat(100, zone: "de")) with { SizeClasses = ["small"] },
            Method("trade", Flat(100, zone: "de")) with { CustomerGroups = ["trade"] },
            Method("rich", new ShippingPrice { ZoneId = "de", Currency = "USD", Kind = ShippingPriceKind.ByValue, Tiers = [new(9000, 0)] }),
            Method("off", Flat(1, zone: "de")) with { Enabled = false })
            .With(Promotion("half", PromotionAction.ShippingPercent(500_000, "post")));
        var cart = Cart(new PricingLine(Product("A", 1000) with { SizeClass = "bulky" }, 6)) with { ShippingMethodId = null };

        var options = PricingEngine.ShippingOptions(cart, CompiledPricingRules.Compile(rules));
        Assert.Equal(
            [
                "post 250 25 6875 1–3 DHL ", "shop 0 0 6600 1–3  ", "abroad    1–3  quote.method-destination",
                "euro    1–3  quote.method-currency",
                "light    1–3  quote.too-heavy", "heavy    1–3  quote.too-light", "small    1–3  quote.size-class",
                "trade    1–3  quote.method-group",
                "rich    1–3  quote.value-tier",
            ],
            options.Select(o => $"{o.MethodId} {o.Price} {o.Tax} {o.Total} {o.MinDays}–{o.MaxDays} {o.Carrier} {o.Reason?.Key}"));
        Assert.Equal(ShippingKind.Pickup, options[1].Kind);
        // An option is what the quote with it says.
        Assert.Equal(6875, rules.Price(cart with { ShippingMethodId = "post" }).Total);
        foreach (var option in options.Where(o => o.Reason is not null))
            Assert.Contains(option.Reason!.Key, rules.Price(cart with { ShippingMethodId = option.MethodId }).ProblemKeys());
    }

    [Fact]
    public void s5_a_cart_that_needs_no_shipping_needs_no_method()
    {
        var quote = Shop.Price(Cart((1, 1000)).NotSent() with { ShippingMethodId = null });

        Assert.Equal((true, 0, 1000), (quote.CanBeOrdered, quote.ShippingCost, quote.Total));
        Assert.Null(Shop.Price(Cart((1, 1000)).NotSent()).Shipping);
        Assert.Empty(PricingEngine.ShippingOptions(Cart((1, 1000)).NotSent(), CompiledPricingRules.Compile(Shop)));
    }

    [Fact]
    public void s5_products_that_need_no_shipping_weigh_nothing_but_count_for_the_value()
    {
        var download = Product("B", 4000) with { RequiresShipping = false, SizeClass = "bulky" };
        var rules = Shop.Sending(Method("post", Flat(500, freeFrom: 5000)) with { MaxWeightGrams = 200, SizeClasses = ["small"] });

        Assert.Equal(0, rules.Price(Cart(new PricingLine(Product("A", 1000), 1), new(download, 1))).ShippingCost);
    }

    [Theory]
    [InlineData(null, "quote.needs-method")]
    [InlineData("gone", "quote.unknown-method")]
    [InlineData("off", "quote.unknown-method")]
    public void s5_a_cart_that_is_sent_needs_a_method_that_exists(string? method, string problem)
    {
        var rules = Shop.Sending(Method("post", Flat(500)), Method("off", Flat(1)) with { Enabled = false });

        Assert.Equal([problem], rules.Price(Cart((1, 1000)) with { ShippingMethodId = method }).ProblemKeys());
    }

    [Fact]
    public void s5_a_destination_without_a_shipping_zone_is_not_delivered_to()
    {
        var rules = Shop with { ShippingZones = [new("world", "Germany", [new("DE")])] };

        Assert.Equal(["quote.no-delivery"], rules.Price(Cart((1, 1000)) with { Destination = new("FR") }).ProblemKeys());
    }
}
