using CsCheck;
using SoonShop.Pricing;
using static SoonShop.Tests.Pricing.GivenPrices;

namespace SoonShop.Tests.Pricing;

/// <summary>What rules are refused for: all problems at once, by field.</summary>
public sealed class PricingRulesValidatorTests
{
    private static readonly Promotion Good = Promotion("good", PromotionAction.UnitPercent(100_000));

    public static TheoryData<string, Promotion> Promotions => new()
    {
        { "id", Good with { Id = "Not A Slug" } },
        { "id", Good with { Id = new string('a', 65) } },
        { "name", Good with { Name = " " } },
        { "name", Good with { Name = "a\nb" } },
        { "texts.de", Good with { Texts = new Dictionary<string, string> { ["de"] = "x" } } },
        { "to", Good with { From = Now, To = Now } },
        { "code", Good with { Trigger = PromotionTrigger.Code } },
        { "code", Good with { Trigger = PromotionTrigger.Code, Code = "two words" } },
        { "code", Good with { Trigger = PromotionTrigger.Code, Code = "\u200B" } },
        { "code", Good with { Code = "CODE" } },
        { "trigger", Good with { Trigger = (PromotionTrigger)9 } },
        { "combines", Good with { Combines = (PromotionStages)8 } },
        { "maxUses", Good with { MaxUses = 0 } },
        { "maxUsesPerCustomer", Good with { MaxUsesPerCustomer = -1 } },
        { "maxUnits", Good with { MaxUnits = 0 } },
        { "maxUnits", Promotion("x", PromotionAction.OrderPercent(1)) with { MaxUnits = 1 } },
        { "maxDiscount[0].amount", Good with { MaxDiscount = [new(0, "USD")] } },
        { "maxDiscount[1].currency", Good with { MaxDiscount = [new(1, "USD"), new(2, "USD")] } },
        { "budget[0].amount", Good with { Budget = [new(-5, "USD")] } },
        { "budget[0].currency", Good with { Budget = [new(5, "usd")] } },
        { "conditions.minSubtotal[0].amount", Good.When(c => c with { MinSubtotal = [new(-1, "USD")] }) },
        { "conditions.minUnits", Good.When(c => c with { MinUnits = 100_000 }) },
        { "conditions.countries[1]", Good.When(c => c with { Countries = ["GB", "UK"] }) },
        { "conditions.countries[1]", Good.When(c => c with { Countries = ["GB", "GB"] }) },
        { "conditions.customerGroups[0]", Good.When(c => c with { CustomerGroups = ["VIP"] }) },
        { "conditions.items.skus[0]", Good.When(c => c with { Items = new ItemFilter { Skus = ["mug"] } }) },
        { "conditions.items.excludedCategories[0]", Good.When(c => c with { Items = new ItemFilter { ExcludedCategories = ["a//b"] } }) },
        { "conditions.items.attributes[0]", Good.When(c => c with { Items = new ItemFilter { Attributes = [new("", "x")] } }) },
        { "action", Good with { Action = null! } },
        { "action.percentPpm", Good with { Action = new() } },
        { "conditions", Good with { Conditions = null! } },
        { "action.percentPpm", Good with { Action = PromotionAction.UnitPercent(0) } },
        { "action.percentPpm", Good with { Action = PromotionAction.OrderPercent(1_000_001) } },
        { "action.percentPpm", Good with { Action = PromotionAction.OrderPercent(-1) } },
        { "action.percentPpm", Good with { Action = PromotionAction.OrderAmount() } },
        { "action.percentPpm", Good with { Action = PromotionAction.OrderPercent(5) with { Amounts = [new(1, "USD")] } } },
        { "action.amounts[0].amount", Good with { Action = PromotionAction.UnitAmount(new Money(-100, "USD")) } },
        { "action.amounts[0].amount", Good with { Action = PromotionAction.UnitAmount(new Money(PricingLimits.MaxPrice + 1, "USD")) } },
        { "action.amounts[0].amount", Good with { Action = PromotionAction.OrderAmount(new Money(long.MaxValue, "USD")) } },
        { "action.buyUnits", Good with { Action = PromotionAction.BuyXGetY(0, 1) } },
        { "action.getUnits", Good with { Action = PromotionAction.BuyXGetY(1, 1000) } },
        { "action.buyUnits", Good with { Action = PromotionAction.UnitPercent(1) with { BuyUnits = 1 } } },
        { "action.giftSku", Good with { Action = PromotionAction.Gift("no sku") } },
        { "action.getUnits", Good with { Action = PromotionAction.Gift("MUG", 0) } },
        { "maxDiscount", Good with { Action = PromotionAction.Gift("MUG"), MaxDiscount = [new(1, "USD")] } },
        { "action.shippingMethods", Good with { Action = PromotionAction.OrderPercent(1) with { ShippingMethods = ["post"] } } },
    };

    [Theory]
    [MemberData(nameof(Promotions))]
    public void a_promotion_names_the_field_that_is_wrong(string field, Promotion promotion)
    {
        Assert.Equal([field], PricingRulesValidator.Check(promotion).Keys);
        Assert.Contains($"promotions[0].{field}", PricingRulesValidator.Check(Shop.With(promotion)).Keys);
        Assert.Throws<ArgumentException>(() => CompiledPricingRules.Compile(Shop.With(promotion)));
    }

    [Fact]
    public void all_problems_are_found_at_once() => Assert.Equal(
        ["action.percentPpm", "id", "maxUses", "name"],
        PricingRulesValidator.Check(Good with { Id = "", Name = "", MaxUses = 0, Action = PromotionAction.UnitPercent(-1) })
            .Keys.Order(StringComparer.Ordinal));

    public static TheoryData<string, TaxRate> Rates => new()
    {
        { "ppm", Rate(-1) },
        { "ppm", new TaxRate { Id = "a", Name = "A", ZoneId = "world" } },
        { "ppm", Rate(1_000_001) },
        { "ppm", Rate(1, category: TaxCategory.Zero) },
        { "category", Rate(1, category: "Books") },
        { "to", Rate(1) with { From = Now, To = Now.AddDays(-1) } },
        { "zoneId", Rate(1) with { ZoneId = "" } },
    };

    [Theory]
    [MemberData(nameof(Rates))]
    public void a_rate_names_the_field_that_is_wrong(string field, TaxRate rate) =>
        Assert.Equal([field], PricingRulesValidator.Check(rate).Keys);

    public static TheoryData<string, ShippingMethod> Methods => new()
    {
        { "maxDays", Method("m") with { MinDays = 4 } },
        { "minDays", Method("m") with { MinDays = -1 } },
        { "maxDays", Method("m") with { MaxDays = 366 } },
        { "trackingUrlTemplate", Method("m") with { TrackingUrlTemplate = "https://dhl.example/track" } },
        { "trackingUrlTemplate", Method("m") with { TrackingUrlTemplate = "javascript:{number}" } },
        { "maxWeightGrams", Method("m") with { MinWeightGrams = 5, MaxWeightGrams = 4 } },
        { "sizeClasses[0]", Method("m") with { SizeClasses = ["XL!"] } },
        { "prices[0].amount", Method("m", Flat(-1)) },
        { "prices[0].freeFrom", Method("m", Flat(1, -1)) },
        { "prices[1].zoneId", Method("m", Flat(1), Flat(2)) },
        { "prices[0].amountPerItem", Method("m", Flat(1) with { AmountPerItem = 1 }) },
        { "prices[0].tiers", Method("m", Flat(1) with { Tiers = [new(0, 1)] }) },
        { "prices[0].tiers", Method("m", Flat(0) with { Kind = ShippingPriceKind.ByWeight }) },
        { "prices[0].tiers[1].from", Method("m", Flat(0) with { Kind = ShippingPriceKind.ByWeight, Tiers = [new(5, 1), new(5, 2)] }) },
        { "prices[0].tiers[0].amount", Method("m", Flat(0) with { Kind = ShippingPriceKind.ByValue, Tiers = [new(0, -1)] }) },
    };

    [Theory]
    [MemberData(nameof(Methods))]
    public void a_method_names_the_field_that_is_wrong(string field, ShippingMethod method) =>
        Assert.Equal([field], PricingRulesValidator.Check(method).Keys);

    public static TheoryData<string, Zone> Zones => new()
    {
        { "areas", new Zone("z", "Z", []) },
        { "areas[0].country", new Zone("z", "Z", [new("UK")]) },
        { "areas[0].region", new Zone("z", "Z", [new(null, "NY")]) },
        { "areas[0].postalCodePrefix", new Zone("z", "Z", [new(null, null, "1")]) },
        { "areas[0].postalCodePrefix", new Zone("z", "Z", [new("US", null, " - ")]) },
    };

    [Theory]
    [MemberData(nameof(Zones))]
    public void a_zone_names_the_field_that_is_wrong(string field, Zone zone) =>
        Assert.Equal([field], PricingRulesValidator.Check(zone).Keys);

    [Fact]
    public void prices_of_a_product_name_the_fields_that_are_wrong()
    {
        ImmutableArray<ProductPrice> prices =
        [
            new("USD", -1), new("usd", 1), new("KWD", 5), new ProductPrice("EUR", 1) with { MinQuantity = -1 },
            new ProductPrice("JPY", 1) with { From = Now, To = Now }, new("JPY", 1), new ProductPrice("JPY", 2) with { MinQuantity = 1 },
        ];

        Assert.Equal(
            [
                "prices[0].amount", "prices[1].currency", "prices[2].amount", "prices[3].minQuantity", "prices[4].to",
                "prices[6].minQuantity",
            ],
            PricingRulesValidator.Check(prices).Keys);
    }

    [Fact]
    public void rules_must_fit_together()
    {
        var rules = Shop with
        {
            TaxZones = [World, new("other", "Other", [new("DE"), new(null)])],
            TaxRates = [Rate(1, "a", compound: true), Rate(1, "b", compound: true), Rate(1, "c", compound: true),
                Rate(1) with { ZoneId = "gone" }],
            ShippingMethods = [Method("post", Flat(1, zone: "gone"))],
            Promotions = [Good.ByCode("SAVE"), Good.ByCode(" ｓave ") with { Id = "twin" },
                Promotion("ship", PromotionAction.FreeShipping("gone"))],
        };

        Assert.Equal(
            [
                "promotions[1].code", "promotions[2].action.shippingMethods[0]", "shippingMethods[0].prices[0].zoneId",
                "taxRates[0].isCompound",
                "taxRates[1].isCompound", "taxRates[2].isCompound", "taxRates[3].zoneId", "taxZones[1].areas[1]",
            ],
            PricingRulesValidator.Check(rules).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void ids_are_given_once()
    {
        Assert.Equal(["promotions[1].id"], PricingRulesValidator.Check(Shop.With(Good, Good)).Keys);
        var twin = World with { Areas = [new("DE")] };
        Assert.Equal(["taxZones[1].id"], PricingRulesValidator.Check(Shop with { TaxZones = [World, twin] }).Keys);
    }

    [Fact]
    public void rules_with_problems_are_not_compiled_and_requests_beyond_the_limits_are_not_priced()
    {
        var rules = CompiledPricingRules.Compile(Shop);

        Assert.Throws<ArgumentException>(() => PricingEngine.Price(Cart((0, 1)), rules));
        Assert.Throws<ArgumentException>(() => PricingEngine.Price(Cart((1000, 1)), rules));
        Assert.Throws<ArgumentException>(() =>
            PricingEngine.Price(Cart([.. Enumerable.Repeat(new PricingLine(Product("A", 1), 1), 101)]), rules));
        Assert.Throws<ArgumentException>(() => PricingEngine.Price(Cart((1, 1)).With([.. Enumerable.Repeat("X", 11)]), rules));
    }

    [Fact]
    public void all_generated_rules_are_good() =>
        PricingGen.Cases.Sample(c => Assert.Empty(PricingRulesValidator.Check(c.Rules)), iter: 1000);
}
