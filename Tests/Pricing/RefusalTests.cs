using SoonShop.Pricing;
using static SoonShop.Tests.Pricing.GivenPrices;

namespace SoonShop.Tests.Pricing;

/// <summary>Section 3, sentence 7: every refusal has a reason that the shopper sees. Each rule can be explained.</summary>
public sealed class RefusalTests
{
    private static readonly Promotion Ten = Promotion("ten", PromotionAction.OrderPercent(100_000)).ByCode("TEN");

    public static TheoryData<string, string, Func<Promotion, Promotion>> Refusals => new()
    {
        { "promotion.not-yet", "It begins at 2026-03-01 10:30:00Z.", p => p with { From = Now.AddHours(1) } },
        { "promotion.expired", "It ended at 2026-03-01 09:30:00Z.", p => p with { To = Now } },
        { "promotion.min-subtotal", "It needs a minimum of 50.00 USD.", p => p.When(c => c with { MinSubtotal = Usd(5000) }) },
        { "promotion.min-units", "It needs at least 3 units of the products that take part in it.",
            p => p.When(c => c with { MinUnits = 3 }) },
        { "promotion.no-match", "No product in the cart takes part in it.",
            p => p.When(c => c with { Items = new ItemFilter { Skus = ["Z"] } }) },
        { "promotion.no-match", "No product in the cart takes part in it.",
            p => p.When(c => c with { Items = new ItemFilter { ExcludedSkus = ["A"] } }) },
        { "promotion.first-order", "It is only for a first order.", p => p.When(c => c with { FirstOrderOnly = true }) },
        { "promotion.group", "It is only for certain customers.", p => p.When(c => c with { CustomerGroups = ["vip"] }) },
        { "promotion.country", "It is not for deliveries to DE.", p => p.When(c => c with { Countries = ["US"] }) },
        { "promotion.currency", "It does not apply to prices in USD.", p => p with { MaxDiscount = [new(1, "EUR")] } },
        { "promotion.currency", "It does not apply to prices in USD.",
            p => p with { Action = PromotionAction.OrderAmount(new Money(1, "EUR")) } },
        { "promotion.used-up", "It is used up.", p => p with { MaxUses = 1 } },
        { "promotion.used-by-customer", "You have used it as often as it allows.", p => p with { MaxUsesPerCustomer = 1 } },
        { "promotion.used-up", "It is used up.", p => p with { Budget = Usd(100) } },
        { "promotion.unknown-code", "This code is not known. Check how it is spelled.", p => p with { Enabled = false } },
        { "promotion.shipping-method", "It does not apply to this shipping method.",
            p => p with { Action = PromotionAction.FreeShipping("express") } },
        { "promotion.gift-unavailable", "The gift is not available now.", p => p with { Action = PromotionAction.Gift("SPOON") } },
        { "promotion.gift-price", "The gift is not available in USD.", p => p with { Action = PromotionAction.Gift("EURO") } },
        { "promotion.nothing-left", "There is nothing left that it could reduce.",
            p => p with { Action = PromotionAction.OrderPercent(1) } },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void s3_7_a_code_that_does_not_apply_says_why(string key, string text, Func<Promotion, Promotion> change)
    {
        var rules = Shop.Sending(Method("post", Flat(500)), Method("express", Flat(900))).With(change(Ten));
        var quote = rules.Price(Cart((1, 1000)).With(" ten ") with
        {
            Availability = ImmutableDictionary<string, PromotionAvailability>.Empty.Add("ten", new(0, 0, 0)),
            GiftProducts = [Product("EURO", 100, currency: "EUR")],
        });

        Assert.Empty(quote.Promotions);
        var refused = Assert.Single(quote.RefusedCodes);
        Assert.Equal((" ten ", key, text), (refused.Code, refused.Reason.Key, refused.Reason.English));
        Assert.True(quote.CanBeOrdered);
    }

    [Fact]
    public void s3_7_a_promotion_that_cannot_stand_with_a_better_one_names_it()
    {
        var rules = Shop.With(Ten with { Combines = PromotionStages.None }, Promotion("half", PromotionAction.UnitPercent(500_000)));

        var refused = Assert.Single(rules.Price(Cart((1, 1000)).With("TEN")).RefusedCodes);
        Assert.Equal(("promotion.not-combined", "It cannot be combined with The half."), (refused.Reason.Key, refused.Reason.English));
    }

    [Fact]
    public void s3_7_a_promotion_that_costs_free_shipping_says_so()
    {
        // 49.00 are sent for nothing, 44.10 for 9.00. The other promotion on the order has its minimum of 50.00 only before the first one.
        var missed = Promotion("missed", PromotionAction.OrderPercent(1)).When(c => c with { MinSubtotal = Usd(5000) });
        var rules = Shop.Sending(Method("post", Flat(900, freeFrom: 4500))).With(
            Ten with { Combines = PromotionStages.Line }, missed with { Combines = PromotionStages.Line },
            Promotion("one", PromotionAction.UnitAmount(Usd(100))));

        var quote = rules.Price(Cart((1, 5000)).With("TEN"));
        Assert.Equal(("one 100", 4900), (quote.Applied(), quote.Total));
        Assert.Equal("promotion.better-without", quote.RefusedCodes[0].Reason.Key);
    }

    [Fact]
    public void s3_7_a_generated_code_is_good_for_one_order()
    {
        var rules = Shop.With(Ten with { Trigger = PromotionTrigger.CodeBatch, Code = null });
        string Outcome(params EnteredCode[] codes)
        {
            var quote = rules.Price(Cart((1, 1000)) with { Codes = [.. codes] });
            return $"{quote.Applied()}; {string.Join(", ", quote.RefusedCodes.Select(r => $"{r.Code} {r.Reason.Key}"))}";
        }

        Assert.Equal("ten 100; ", Outcome(new EnteredCode("X1", "ten")));
        Assert.Equal("; X1 promotion.code-used", Outcome(new EnteredCode("X1", "ten", IsUsed: true)));
        Assert.Equal("ten 100; X1 promotion.code-used", Outcome(new("X1", "ten", IsUsed: true), new("X2", "ten")));
        Assert.Equal("ten 100; X2 promotion.code-repeated", Outcome(new("X1", "ten"), new EnteredCode("X2", "ten")));
        Assert.Equal("; X1 promotion.unknown-code", Outcome(new EnteredCode("X1")));
    }

    [Fact]
    public void s3_7_what_depends_on_the_destination_waits_for_it()
    {
        var rules = Shop.With(
            Ten.When(c => c with { Countries = ["DE"] }), Promotion("ship", PromotionAction.FreeShipping()).ByCode("SHIP"));
        var quote = rules.Price(Cart((1, 1000)).With("TEN", "SHIP") with { Destination = null });

        Assert.Equal(["promotion.needs-destination", "promotion.needs-shipping"], quote.RefusedCodes.Select(r => r.Reason.Key));
    }

    [Fact]
    public void a_gift_that_has_to_be_sent_is_not_given_with_downloads()
    {
        var rules = Shop.With(Ten with { Action = PromotionAction.Gift("SPOON") });
        var quote = rules.Price(Cart((1, 1000)).NotSent().With("TEN") with { GiftProducts = [Product("SPOON", 100)] });

        Assert.Equal("promotion.gift-shipping", quote.RefusedCodes[0].Reason.Key);
    }

    [Fact]
    public void a_minimum_reads_as_its_currency_is_written()
    {
        string Minimum(string currency, long amount)
        {
            var rules = Shop.With(Ten.When(c => c with { MinSubtotal = [new Money(amount, currency)] }));
            return rules.Price(Cart((1, 1000)).In(currency).With("TEN")).RefusedCodes[0].Reason.English;
        }

        Assert.Equal("It needs a minimum of 5000 JPY.", Minimum("JPY", 5000));
        Assert.Equal("It needs a minimum of 5.000 KWD.", Minimum("KWD", 5000));
        Assert.Equal("It needs a minimum of 123.05 EUR.", Minimum("EUR", 12_305));
    }

    [Fact]
    public void every_rule_tells_why_it_does_or_does_not_apply()
    {
        var rules = (Shop with
        {
            PriceLists =
            [
                new PriceList { Id = "sale", Name = "Sale" }, new PriceList { Id = "trade", Name = "Trade", CustomerGroups = ["trade"] },
            ],
            TaxRates = [Rate(190_000), Rate(70_000, "low", TaxCategory.Reduced), Rate(10_000, "old") with { To = Now }],
        }).Sending(Method("post", Flat(500)), Method("express", Flat(900)), Method("off", Flat(1)) with { Enabled = false })
            .With(Ten, Promotion("auto", PromotionAction.UnitPercent(500_000)),
                Promotion("off", PromotionAction.UnitPercent(1)) with { Enabled = false },
                Promotion("late", PromotionAction.UnitPercent(1)) with { From = Now.AddDays(1) });
        var outcomes = rules.Price(Cart((1, 1000)) with { ExplainsRules = true }).Outcomes;

        Assert.Equal(
            [
                "PriceList sale 0 rule.no-price", "PriceList trade 0 rule.group",
                "Promotion auto 500 ", "Promotion late 0 promotion.not-yet", "Promotion off 0 rule.switched-off",
                "Promotion ten 0 promotion.needs-code",
                "ShippingMethod post 500 ", "ShippingMethod express 0 rule.not-chosen", "ShippingMethod off 0 rule.switched-off",
                "TaxRate low 0 rule.nothing-taxed", "TaxRate old 0 rule.ended", "TaxRate vat 190 ",
            ],
            outcomes.Select(o => $"{o.Kind} {o.Id} {o.Amount} {o.Reason?.Key}"));
        Assert.Empty(rules.Price(Cart((1, 1000))).Outcomes);
    }
}
