namespace SoonShop.Pricing;

/// <summary>Checks a change of one rule by checking the snapshot that it leads to.</summary>
internal static class ChangedRuleProblems
{
    /// <summary>
    /// Returns everything that is wrong, by field of the changed rule, such as <c>action.percentPpm</c>. A problem of another rule keeps
    /// its place in the snapshot.
    /// </summary>
    /// <param name="rules">The snapshot after the change.</param>
    /// <param name="list">The list of the changed rule.</param>
    /// <param name="rule">The changed rule.</param>
    public static IReadOnlyDictionary<string, ErrorText[]> Of(PricingRules rules, RuleList list, PricingRule rule)
    {
        if (list.In(rules).Count() > list.Limit)
        {
            return One("id", ErrorText.Of(
                "field.rule-count", $"would be one more than the {list.Limit} that are possible; archive another first"));
        }
        var place = $"{list.Member}[{list.IndexOf(rules, rule.Id)}].";
        var problems = PricingRulesValidator.Check(rules).ToDictionary(p => Within(p.Key, place, rule.Kind), p => p.Value);
        if (rule.Content is Promotion { Code: { } code } && OtherWithCode(rules, rule.Id, code) is { } other)
            problems["code"] = [ErrorText.Of("field.code-used", $"is the code of the promotion {other}")];
        return problems;
    }

    /// <summary>Also a promotion that is switched off keeps its code, so that it can be switched on.</summary>
    private static string? OtherWithCode(PricingRules rules, string id, string code)
    {
        var normal = PromotionCode.Normalize(code);
        return rules.Promotions.FirstOrDefault(p => p.Id != id && p.Code is { } its && PromotionCode.Normalize(its) == normal)?.Id;
    }

    private static string Within(string field, string place, PricingRuleKind kind) =>
        field.StartsWith(place, StringComparison.Ordinal) ? field[place.Length..]
        : field == "taxRounding" && kind == PricingRuleKind.TaxSettings ? "rounding"
        : field;

    private static Dictionary<string, ErrorText[]> One(string field, ErrorText text) => new() { [field] = [text] };
}
