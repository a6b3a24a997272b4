namespace SoonShop.Pricing;

/// <summary>The form of ids of rules, and of the names of customer groups, size classes and tax categories.</summary>
public static class RuleName
{
    /// <summary>What is wrong with a text that is no slug.</summary>
    public static ErrorText NoSlug { get; } = ErrorText.Of("field.slug", "must be a slug of a–z, 0–9 and -");

    /// <summary>
    /// True for a slug: 1–<see cref="PricingLimits.MaxIdLength"/> lower-case letters and digits, with single hyphens between them.
    /// </summary>
    public static bool IsSlug(string? text) =>
        text is { Length: >= 1 and <= PricingLimits.MaxIdLength } && text[0] != '-' && text[^1] != '-'
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && !text.Contains("--", StringComparison.Ordinal);
}
