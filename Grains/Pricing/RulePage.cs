using System.Buffers.Text;
using System.Text;

namespace SoonShop.Pricing;

/// <summary>
/// Pages of a list of rules by id. The cursor is the last id of a page with its list. It is opaque to clients but not secret.
/// </summary>
internal static class RulePage
{
    /// <summary>Returns one page. Error: <c>validation-failed</c> for a cursor that is not of this list.</summary>
    public static Result<Page<StoredRule>> Of(
        PricingRuleKind kind, PricingRuleStatus? status, IEnumerable<StoredRule> rules, PageRequest page)
    {
        var list = $"{kind}/{status}/";
        if (page.Cursor is { } cursor)
        {
            if (Read(cursor) is not { } text || !text.StartsWith(list, StringComparison.Ordinal))
                return Error.Invalid("cursor", "field.cursor", "is not a valid cursor; start without one");
            rules = rules.Where(rule => string.CompareOrdinal(rule.Rule.Id, text[list.Length..]) > 0);
        }
        StoredRule[] found = [.. rules.Take(page.Limit + 1)];
        return found.Length <= page.Limit
            ? new Page<StoredRule>([.. found], null)
            : new Page<StoredRule>(
                [.. found[..page.Limit]], Base64Url.EncodeToString(Encoding.UTF8.GetBytes(list + found[page.Limit - 1].Rule.Id)));
    }

    private static string? Read(string cursor) =>
        cursor.Length <= PageRequest.MaxCursorLength && Base64Url.IsValid(cursor)
            ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)) : null;
}
