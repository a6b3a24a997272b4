namespace SoonShop.Pricing;

/// <summary>Which rules refer to others.</summary>
internal static class RuleUse
{
    /// <summary>Returns the rules that use a rule, as the audit log names them. None of them may outlive it.</summary>
    public static IEnumerable<string> Of(PricingRules rules, PricingRuleKind kind, string id) => kind switch
    {
        PricingRuleKind.TaxZone => rules.TaxRates.Where(rate => rate.ZoneId == id)
            .Select(rate => PricingRule.SubjectOf(PricingRuleKind.TaxRate, rate.Id)),
        PricingRuleKind.ShippingZone => rules.ShippingMethods.Where(method => method.Prices.Any(price => price.ZoneId == id))
            .Select(method => PricingRule.SubjectOf(PricingRuleKind.ShippingMethod, method.Id)),
        PricingRuleKind.ShippingMethod => rules.Promotions.Where(promotion => promotion.Action.ShippingMethods.Contains(id))
            .Select(promotion => PricingRule.SubjectOf(PricingRuleKind.Promotion, promotion.Id)),
        PricingRuleKind.CustomerGroup => RuleGroups.Kinds.SelectMany(naming => RuleList.Of(naming).In(rules))
            .Where(rule => RuleGroups.Of(rule.Content).Contains(id)).Select(rule => PricingRule.SubjectOf(rule.Kind, rule.Id)),
        _ => [],
    };
}
