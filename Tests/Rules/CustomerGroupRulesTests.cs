using SoonShop.Pricing;

namespace SoonShop.Tests.Rules;

/// <summary>Which customer groups rules may name, and which groups may be archived.</summary>
public sealed class CustomerGroupRulesTests
{
    private static readonly PricingRulesState Start = PricingRulesState.Of(new PricingRules());

    public static TheoryData<PricingRule, string> Naming => new()
    {
        { Promotion("trade"), "conditions.customerGroups[0]" },
        { PricingRule.Of(new PriceList { Id = "p", Name = "Prices", CustomerGroups = ["trade"] }), "customerGroups[0]" },
        { PricingRule.Of(new ShippingMethod { Id = "m", Name = "Van", CustomerGroups = ["trade"], Prices = [] }), "customerGroups[0]" },
    };

    [Theory, MemberData(nameof(Naming))]
    public void a_rule_names_groups_that_exist_and_they_are_not_archived_before_it(PricingRule rule, string field)
    {
        var unknown = Start.Create(rule, Given.Now).Error!;
        Assert.Equal((ErrorCode.ValidationFailed, field), (unknown.Code, Assert.Single(unknown.Errors!).Key));

        var state = Start.Create(Group("trade"), Given.Now).Next().Create(rule, Given.Now).Next();
        var used = state.Archive(PricingRuleKind.CustomerGroup, "trade", null, Given.Now).Error!;
        Assert.Equal(ErrorCode.Conflict, used.Code);
        Assert.Equal(
            $"The customer group trade is still used by {PricingRule.SubjectOf(rule.Kind, rule.Id)}. Change or archive them first.",
            used.Detail);
        state = state.Archive(rule.Kind, rule.Id, null, Given.Now).Next().Archive(PricingRuleKind.CustomerGroup, "trade", null, Given.Now)
            .Next();
        // To bring it back, it needs its group.
        Assert.Equal(ErrorCode.ValidationFailed, state.Put(rule, null, Given.Now).Error?.Code);
        state = state.Put(Group("trade"), null, Given.Now).Next();
        Assert.True(state.Put(rule, null, Given.Now).Changed);
    }

    [Fact]
    public void groups_that_a_rule_in_force_names_already_need_not_exist()
    {
        // As stored by a version without groups.
        var state = Start with { Rules = Start.Rules with { Promotions = [(Promotion)Promotion("trade").Content] } };

        state = state.Put(Promotion("trade", priority: 7), null, Given.Now).Next();
        Assert.Equal(7, state.Rules.Promotions[0].Priority);
        var more = state.Put(Promotion("trade", "friends"), null, Given.Now).Error!;
        Assert.Equal("conditions.customerGroups[1]", Assert.Single(more.Errors!).Key);
        Assert.Equal(
            ErrorCode.ValidationFailed,
            state.Create(PricingRule.Of(new PriceList { Id = "p", Name = "P", CustomerGroups = ["trade"] }), Given.Now).Error?.Code);
        // They keep their effect.
        Assert.Empty(PricingRulesValidator.Check(state.Rules));
    }

    [Fact]
    public void a_group_needs_a_name_and_a_clean_description()
    {
        var wrong = new CustomerGroup { Id = "No slug", Name = "", Description = new string('x', CustomerGroup.MaxDescriptionLength + 1) };
        Assert.Equal(["description", "id", "name"], PricingRulesValidator.Check(wrong).Keys.Order());
        Assert.Empty(PricingRulesValidator.Check(new CustomerGroup { Id = "trade", Name = "Trade", Description = "Shops\nof all kinds" }));
    }

    private static PricingRule Group(string id) => PricingRule.Of(new CustomerGroup { Id = id, Name = "Trade" });

    private static PricingRule Promotion(params string[] groups) => Promotion(groups, priority: 0);

    private static PricingRule Promotion(string group, int priority) => Promotion([group], priority);

    private static PricingRule Promotion(string[] groups, int priority) => PricingRule.Of(new Promotion
    {
        Id = "for-groups",
        Name = "Ten per cent",
        Priority = priority,
        Conditions = new PromotionConditions { CustomerGroups = [.. groups] },
        Action = PromotionAction.OrderPercent(100_000),
    });
}
