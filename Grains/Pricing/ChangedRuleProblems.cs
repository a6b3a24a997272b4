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
    /// <param name="before">The rule before; null when it was not in force.</param>
    public static IReadOnlyDictionary<string, ErrorText[]> Of(
        PricingRules rules, RuleList list, PricingRule rule, PricingRule? before)
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
        foreach (var field in UnknownGroups(rules, rule, before))
            problems.TryAdd(field, [KnownRules.NoCustomerGroup]);
        return problems;
    }

    /// <summary>
    /// Returns the fields that name a customer group which does not exist. Those that the rule names already may have been named before
    /// groups could be created.
    /// </summary>
    private static IEnumerable<string> UnknownGroups(PricingRules rules, PricingRule rule, PricingRule? before)
    {
        var known = rules.CustomerGroups.Select(g => g.Id).Concat(before is null ? [] : RuleGroups.Of(before.Content))
            .ToHashSet(StringComparer.Ordinal);
        var field = RuleGroups.FieldOf(rule.Kind);
        return RuleGroups.Of(rule.Content).Index().Where(g => g.Item is not null && !known.Contains(g.Item))
            .Select(g => $"{field}[{g.Index}]");
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
