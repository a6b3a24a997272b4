using System.Globalization;
using System.Text;

namespace SoonShop.Pricing;

/// <summary>The rules for the codes of promotions.</summary>
public static class PromotionCode
{
    /// <summary>The longest code, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>
    /// Returns the form for comparisons: without invisible marks and surrounding spaces, with compatible characters made equal (NFKC), in
    /// upper case. <c>" ｓａｖｅ10 "</c> becomes <c>SAVE10</c>.
    /// </summary>
    public static string Normalize(string code)
    {
        var composed = UnicodeNormalization.ComposeCompatible(Text.WithoutMarks(code));
        return UnicodeNormalization.ComposeCompatible(composed.ToUpperInvariant()).Trim();
    }

    /// <summary>
    /// True for a code that has only letters with their marks, digits, <c>-</c> and <c>_</c> in its normal form. Any other one may have no
    /// place in the path <c>/cart/codes/{code}</c>. Earlier versions allowed them, so rules with such a code stay in force.
    /// </summary>
    public static bool IsTypeable(string code) => Normalize(code).EnumerateRunes().All(r =>
        Rune.IsLetterOrDigit(r) || r.Value is '-' or '_'
        || Rune.GetUnicodeCategory(r) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);

    /// <summary>
    /// True for a code whose normal form has 1–<see cref="MaxLength"/> characters, and neither spaces nor control characters.
    /// </summary>
    public static bool IsValid(string? code)
    {
        if (code is null || code.Length > 4 * MaxLength || !Text.IsClean(code))
            return false;
        var normal = Normalize(code);
        return normal.Length is >= 1 and <= MaxLength && Text.IsLine(normal) && !normal.Any(char.IsWhiteSpace);
    }
}
