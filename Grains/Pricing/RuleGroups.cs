namespace SoonShop.Pricing;

/// <summary>Which customer groups rules are for.</summary>
internal static class RuleGroups
{
    /// <summary>The kinds of rules that are for groups.</summary>
    public static readonly ImmutableArray<PricingRuleKind> Kinds =
        [PricingRuleKind.Promotion, PricingRuleKind.PriceList, PricingRuleKind.ShippingMethod];

    /// <summary>Returns the groups that a rule names; none for a rule that is for everybody, or that has no groups.</summary>
    public static ImmutableArray<string> Of(object content)
    {
        var groups = content switch
        {
            Promotion promotion => promotion.Conditions?.CustomerGroups,
            PriceList list => list.CustomerGroups,
            ShippingMethod method => method.CustomerGroups,
            _ => null,
        };
        return groups is { IsDefault: false } named ? named : [];
    }

    /// <summary>Returns the field of a rule in which the groups are.</summary>
    public static string FieldOf(PricingRuleKind kind) =>
        kind == PricingRuleKind.Promotion ? "conditions.customerGroups" : "customerGroups";
}
