using System.Text.Json;
using SoonShop.Aggregates;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Tests.Rules;

public sealed class PricingRulesStateTests
{
    private static readonly PricingRulesState Configured = PricingRulesState.Of(CheckoutPricing.RulesOf(new CheckoutOptions
    {
        TaxBasisPointsByCountry = new() { ["DE"] = 1900, ["GB"] = 2000 },
        ShippingByCountry = new() { ["DE"] = new ShippingRate { Amount = 699, FreeFrom = 7500 } },
    }));

    [Fact]
    public void the_first_rules_are_those_of_the_configuration_at_version_zero()
    {
        Assert.Equal(0, Configured.Rules.Version);
        Assert.Equal(["de", "gb"], Configured.List(PricingRuleKind.TaxRate, null, Given.Now).Select(r => r.Rule.Id));
        var rate = Configured.Find(PricingRuleKind.TaxRate, "de", Given.Now)!;
        Assert.Equal((0L, PricingRuleStatus.Active, null, null), (rate.Version, rate.Status, rate.CreatedAt, rate.ChangedAt));
        Assert.Equal(190_000, Assert.IsType<TaxRate>(rate.Rule.Content).Ppm);
    }

    [Fact]
    public void each_change_gets_the_next_version_and_tells_of_it()
    {
        var created = Configured.Create(Promotion("summer"), Given.Now);
        Assert.Equal(new PricingRulesChanged(1, PricingRuleKind.Promotion, "summer"), Assert.Single(created.Events));
        var changed = created.Next().Put(PricingRule.Of(Rate("de", 160_000)), null, Given.Now.AddDays(1));
        Assert.Equal(new PricingRulesChanged(2, PricingRuleKind.TaxRate, "de"), Assert.Single(changed.Events));
        var archived = changed.Next().Archive(PricingRuleKind.Promotion, "summer", null, Given.Now.AddDays(2));
        Assert.Equal(new PricingRulesChanged(3, PricingRuleKind.Promotion, "summer"), Assert.Single(archived.Events));

        var state = archived.Next();
        Assert.Equal(3, state.Rules.Version);
        Assert.Empty(state.Rules.Promotions);
        var rate = state.Find(PricingRuleKind.TaxRate, "de", Given.Now)!;
        // A rule of the configuration has no known creation.
        Assert.Equal((2L, null, Given.Now.AddDays(1)), (rate.Version, rate.CreatedAt, rate.ChangedAt));
    }

    [Fact]
    public void the_same_rule_again_changes_nothing()
    {
        var state = Configured.Create(Promotion("summer"), Given.Now).Next();

        Assert.False(state.Create(Promotion("summer"), Given.Now).Changed);
        Assert.False(state.Put(Promotion("summer"), null, Given.Now).Changed);
        Assert.False(state.Put(PricingRule.Of(Rate("de", 190_000)), null, Given.Now).Changed);
        Assert.False(state.Put(Settings(state), null, Given.Now).Changed);
        Assert.True(state.Put(Promotion("summer", p => p with { Enabled = false }), null, Given.Now).Changed);
    }

    [Fact]
    public void texts_in_another_order_are_the_same()
    {
        var one = Promotion("summer", p => p with { Texts = Texts("en", "zh") });
        var other = Promotion("summer", p => p with { Texts = Texts("zh", "en") });
        Assert.False(Configured.Create(one, Given.Now).Next().Put(other, null, Given.Now).Changed);

        static ImmutableSortedDictionary<string, string> Texts(params string[] languages) =>
            languages.ToImmutableSortedDictionary(l => l, l => $"text in {l}", StringComparer.Ordinal);
    }

    [Fact]
    public void another_version_than_the_expected_one_is_not_replaced()
    {
        var state = Configured.Create(Promotion("summer"), Given.Now).Next();
        state = state.Put(PricingRule.Of(Rate("de", 160_000)), 0, Given.Now).Next();

        Assert.Equal(ErrorCode.PreconditionFailed, state.Put(PricingRule.Of(Rate("de", 0)), 0, Given.Now).Error?.Code);
        Assert.Equal(ErrorCode.PreconditionFailed, state.Archive(PricingRuleKind.Promotion, "summer", 2, Given.Now).Error?.Code);
        // The version of a rule stays when another one changes.
        Assert.True(state.Put(Promotion("summer", p => p with { Priority = 5 }), 1, Given.Now).Changed);
        Assert.True(state.Put(PricingRule.Of(Rate("de", 0)), 2, Given.Now).Changed);
    }

    [Fact]
    public void a_taken_id_and_an_unknown_one_are_refused()
    {
        var state = Configured.Create(Promotion("summer"), Given.Now).Next();

        var taken = state.Create(Promotion("summer", p => p with { Priority = 5 }), Given.Now).Error!;
        Assert.Equal((ErrorCode.Conflict, "The promotion summer already exists. Change it with PUT."), (taken.Code, taken.Detail));
        Assert.Equal(ErrorCode.NotFound, state.Put(Promotion("winter"), null, Given.Now).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, state.Archive(PricingRuleKind.PriceList, "summer", null, Given.Now).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, state.Archive(PricingRuleKind.TaxSettings, TaxSettings.Id, null, Given.Now).Error?.Code);
        // Ids are unique within their kind.
        Assert.True(state.Create(PricingRule.Of(new PriceList { Id = "summer", Name = "Summer" }), Given.Now).Changed);
    }

    [Fact]
    public void what_others_use_is_not_archived()
    {
        var zone = Configured.Archive(PricingRuleKind.TaxZone, "de", null, Given.Now).Error!;
        Assert.Equal(ErrorCode.Conflict, zone.Code);
        Assert.Equal("The tax zone de is still used by tax-rate/de. Change or archive them first.", zone.Detail);
        Assert.Contains(
            "shipping-method/standard", Configured.Archive(PricingRuleKind.ShippingZone, "de", null, Given.Now).Error!.Detail,
            StringComparison.Ordinal);
        var state = Configured.Create(Promotion("free", p => p with { Action = PromotionAction.FreeShipping("standard") }), Given.Now)
            .Next();
        Assert.Contains(
            "promotion/free", state.Archive(PricingRuleKind.ShippingMethod, "standard", null, Given.Now).Error!.Detail,
            StringComparison.Ordinal);

        state = state.Archive(PricingRuleKind.TaxRate, "de", null, Given.Now).Next();
        Assert.True(state.Archive(PricingRuleKind.TaxZone, "de", null, Given.Now).Changed);
    }

    [Fact]
    public void an_archived_rule_stays_readable_and_can_be_restored()
    {
        var state = Configured.Create(Promotion("summer"), Given.Now).Next();
        state = state.Archive(PricingRuleKind.Promotion, "summer", null, Given.Now.AddDays(1)).Next();

        var archived = state.Find(PricingRuleKind.Promotion, "summer", Given.Now)!;
        Assert.Equal((PricingRuleStatus.Archived, Given.Now.AddDays(1), 2L), (archived.Status, archived.ArchivedAt, archived.Version));
        Assert.Empty(state.List(PricingRuleKind.Promotion, null, Given.Now));
        Assert.Single(state.List(PricingRuleKind.Promotion, PricingRuleStatus.Archived, Given.Now));
        Assert.False(state.Archive(PricingRuleKind.Promotion, "summer", null, Given.Now).Changed);
        var again = state.Create(Promotion("summer"), Given.Now).Error!;
        Assert.Equal((ErrorCode.Conflict, "error.rule-archived"), (again.Code, again.Text?.Key));

        var restored = state.Put(Promotion("summer"), 2, Given.Now.AddDays(2)).Next();
        Assert.Single(restored.Rules.Promotions);
        Assert.Empty(restored.Archived.Promotions);
        var rule = restored.Find(PricingRuleKind.Promotion, "summer", Given.Now)!;
        Assert.Equal((3L, Given.Now, null), (rule.Version, rule.CreatedAt, rule.ArchivedAt));
    }

    [Fact]
    public void the_rules_archived_first_are_removed_beyond_the_limit()
    {
        var state = Configured;
        for (var i = 0; i <= PricingRuleLimits.MaxArchived; i++)
        {
            state = state.Create(PricingRule.Of(new PriceList { Id = $"list-{i}", Name = "List" }), Given.Now).Next();
            state = state.Archive(PricingRuleKind.PriceList, $"list-{i}", null, Given.Now.AddMinutes(i)).Next();
        }
        Assert.Null(state.Find(PricingRuleKind.PriceList, "list-0", Given.Now));
        Assert.NotNull(state.Find(PricingRuleKind.PriceList, "list-1", Given.Now));
        Assert.Equal(PricingRuleLimits.MaxArchived, state.Archived.PriceLists.Length);
        Assert.Equal(PricingRuleLimits.MaxArchived, state.Records.Count);
        // Its id is free again, and its version is none of the removed rule's.
        Assert.True(state.Create(PricingRule.Of(new PriceList { Id = "list-0", Name = "List" }), Given.Now).Next().Rules.Version > 2);
    }

    [Fact]
    public void a_change_is_checked_against_all_other_rules()
    {
        AssertInvalid("zoneId", Configured.Create(PricingRule.Of(Rate("fr", 200_000, "fr")), Given.Now));
        AssertInvalid(
            "action.percentPpm", Configured.Create(
                Promotion("much", p => p with { Action = PromotionAction.OrderPercent(1_000_001) }), Given.Now));
        var method =
            new ShippingMethod { Id = "express", Name = "Express", Prices = [new ShippingPrice { ZoneId = "moon", Currency = "USD" }] };
        AssertInvalid("prices[0].zoneId", Configured.Create(PricingRule.Of(method), Given.Now));
    }

    [Fact]
    public void a_code_belongs_to_one_promotion_that_is_not_archived()
    {
        var state = Configured.Create(Promotion("summer", p => WithCode(p, "Save10") with { Enabled = false }), Given.Now).Next();

        var error = state.Create(Promotion("winter", p => WithCode(p, " ｓａｖｅ10 ")), Given.Now).Error!;
        Assert.Equal(["is the code of the promotion summer"], error.Errors!["code"]);
        state = state.Archive(PricingRuleKind.Promotion, "summer", null, Given.Now).Next();
        state = state.Create(Promotion("winter", p => WithCode(p, "SAVE10")), Given.Now).Next();
        // A restored rule is checked like a new one.
        AssertInvalid("code", state.Put(Promotion("summer", p => WithCode(p, "Save10")), null, Given.Now));
    }

    [Theory]
    [InlineData(true, -1, 1, PricingRuleStatus.Active)]
    [InlineData(true, 0, 1, PricingRuleStatus.Active)]
    [InlineData(true, 1, 2, PricingRuleStatus.Scheduled)]
    [InlineData(true, -2, 0, PricingRuleStatus.Ended)]
    [InlineData(false, 1, 2, PricingRuleStatus.Disabled)]
    public void the_status_follows_from_switch_and_time(bool enabled, int fromDay, int toDay, PricingRuleStatus status)
    {
        var rule = Promotion("summer", p => p with { Enabled = enabled, From = Given.Now.AddDays(fromDay), To = Given.Now.AddDays(toDay) });
        var state = Configured.Create(rule, Given.Now).Next();

        Assert.Equal(status, Assert.Single(state.List(PricingRuleKind.Promotion, null, Given.Now)).Status);
        Assert.Single(state.List(PricingRuleKind.Promotion, status, Given.Now));
        Assert.Empty(state.List(PricingRuleKind.Promotion, PricingRuleStatus.Archived, Given.Now));
    }

    [Fact]
    public void shipping_methods_have_an_order()
    {
        var state = Configured.Create(Method("express"), Given.Now).Next().Create(Method("pickup", 0), Given.Now).Next();
        Assert.Equal(["pickup", "standard", "express"], state.Rules.ShippingMethods.Select(m => m.Id));

        Assert.False(state.Put(Method("express"), null, Given.Now).Changed);
        state = state.Put(Method("express", 1), null, Given.Now).Next();
        Assert.Equal(["pickup", "express", "standard"], state.Rules.ShippingMethods.Select(m => m.Id));
        Assert.Equal(1, state.Find(PricingRuleKind.ShippingMethod, "express", Given.Now)!.Rule.Position);
        state = state.Put(Method("pickup", 1000), null, Given.Now).Next();
        Assert.Equal(["express", "standard", "pickup"], state.Rules.ShippingMethods.Select(m => m.Id));

        static PricingRule Method(string id, int? position = null) => PricingRule.Of(new ShippingMethod { Id = id, Name = id }, position);
    }

    [Fact]
    public void the_tax_settings_are_a_rule_too()
    {
        var settings = PricingRule.Of(new TaxSettings(TaxRounding.PerLine, ["EUR", "GBP"]));
        var state = Configured.Put(settings, null, Given.Now).Next();

        Assert.Equal((TaxRounding.PerLine, 2), (state.Rules.TaxRounding, state.Rules.TaxInsideCurrencies.Length));
        Assert.Equal(1, state.Find(PricingRuleKind.TaxSettings, TaxSettings.Id, Given.Now)!.Version);
    }

    [Fact]
    public void the_state_survives_its_storage()
    {
        var state = Configured.Create(
            Promotion("summer", p => p with { Combines = PromotionStages.Order | PromotionStages.Shipping }), Given.Now).Next();
        state = state.Archive(PricingRuleKind.TaxRate, "de", null, Given.Now).Next();

        var json = JsonSerializer.Serialize(state, StateJson.Options);
        var read = JsonSerializer.Deserialize<PricingRulesState>(json, StateJson.Options)!;
        Assert.Equal(json, JsonSerializer.Serialize(read, StateJson.Options));
        Assert.False(read.Put(
            Promotion("summer", p => p with { Combines = PromotionStages.Order | PromotionStages.Shipping }), null, Given.Now).Changed);
        Assert.Equal(2, read.Find(PricingRuleKind.TaxRate, "de", Given.Now)!.Version);
    }

    [Fact]
    public void pages_follow_each_other_and_take_only_their_own_cursor()
    {
        var state = Configured;
        for (var i = 0; i < 5; i++)
            state = state.Create(PricingRule.Of(new PriceList { Id = $"list-{i}", Name = "List" }), Given.Now).Next();
        var rules = state.List(PricingRuleKind.PriceList, null, Given.Now).ToArray();

        var first = RulePage.Of(PricingRuleKind.PriceList, null, rules, new PageRequest(2)).Value!;
        var second = RulePage.Of(PricingRuleKind.PriceList, null, rules, new PageRequest(2, first.NextCursor)).Value!;
        var last = RulePage.Of(PricingRuleKind.PriceList, null, rules, new PageRequest(2, second.NextCursor)).Value!;
        Assert.Equal(
            ["list-0", "list-1", "list-2", "list-3", "list-4"], first.Items.Concat(second.Items).Concat(last.Items).Select(r => r.Rule.Id));
        Assert.Null(last.NextCursor);
        Assert.True(RulePage.Of(PricingRuleKind.TaxRate, null, rules, new PageRequest(2, first.NextCursor)).IsError);
        Assert.True(RulePage.Of(PricingRuleKind.PriceList, PricingRuleStatus.Active, rules, new PageRequest(2, first.NextCursor)).IsError);
        Assert.True(RulePage.Of(PricingRuleKind.PriceList, null, rules, new PageRequest(2, "no cursor")).IsError);
    }

    private static PricingRule Promotion(string id, Func<Promotion, Promotion>? with = null)
    {
        var promotion = new Promotion { Id = id, Name = "Ten per cent", Action = PromotionAction.OrderPercent(100_000) };
        return PricingRule.Of(with is null ? promotion : with(promotion));
    }

    private static Promotion WithCode(Promotion promotion, string code) => promotion with { Trigger = PromotionTrigger.Code, Code = code };

    private static TaxRate Rate(string id, int ppm, string zone = "de") => new() { Id = id, Name = "Tax", ZoneId = zone, Ppm = ppm };

    private static PricingRule Settings(PricingRulesState state) =>
        PricingRule.Of(new TaxSettings(state.Rules.TaxRounding, state.Rules.TaxInsideCurrencies));

    private static void AssertInvalid(string field, Decision<PricingRulesState> decision)
    {
        Assert.Equal(ErrorCode.ValidationFailed, decision.Error?.Code);
        Assert.True(decision.Error!.Errors!.ContainsKey(field), string.Join(", ", decision.Error.Errors.Keys));
    }
}
