namespace SoonShop.Pricing;

/// <summary>Pages of a list of rules by id. The cursor is the last id of a page with its list.</summary>
internal static class RulePage
{
    /// <summary>Returns one page. Error: <c>validation-failed</c> for a cursor that is not of this list.</summary>
    public static Result<Page<StoredRule>> Of(
        PricingRuleKind kind, PricingRuleStatus? status, IEnumerable<StoredRule> rules, PageRequest page)
    {
        var list = $"{kind}/{status}";
        if (page.Cursor is { } cursor)
        {
            if (!Cursor.TryRead(cursor, list, 1, out var last))
                return Cursor.Bad;
            rules = rules.Where(rule => string.CompareOrdinal(rule.Rule.Id, last[0]) > 0);
        }
        StoredRule[] found = [.. rules.Take(page.Limit + 1)];
        return found.Length <= page.Limit
            ? new Page<StoredRule>([.. found], null)
            : new Page<StoredRule>([.. found[..page.Limit]], Cursor.Write(list, found[page.Limit - 1].Rule.Id));
    }
}
