using System.Net;
using System.Text.RegularExpressions;

namespace SoonShop.Imports.Products;

/// <summary>The plain text of descriptions, for search and for clients that show no HTML.</summary>
internal static class HtmlText
{
    /// <summary>The most characters of a plain description.</summary>
    private const int MaxLength = 5000;

    /// <summary>
    /// Returns the text without tags. Blocks and line breaks become line ends. A text without tags stays as it is, but for its entities.
    /// </summary>
    public static string Of(string html)
    {
        if (html.Contains('<', StringComparison.Ordinal))
        {
            html = Hidden.Replace(html, "");
            html = Blanks.Replace(html, " ");
            html = Breaks.Replace(html, "\n");
            html = Tags.Replace(html, "");
            html = WebUtility.HtmlDecode(html).Replace('\u00A0', ' ');
            html = string.Join('\n', html.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0));
        }
        else
            html = WebUtility.HtmlDecode(html);
        var text = new string([.. html.Where(c => !char.IsControl(c) || c is '\n' or '\r' or '\t')]);
        if (text.Length <= MaxLength)
            return text;
        // Not between the halves of a character.
        return text[..(char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
    }

    // These engines take time in proportion to the text, whatever it is.
    private static readonly Regex Hidden = new(
        @"<!--.*?-->|<script\b.*?</script\s*>|<style\b.*?</style\s*>",
        RegexOptions.Singleline | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static readonly Regex Blanks = new(@"\s+", RegexOptions.NonBacktracking);

    private static readonly Regex Breaks = new(
        @"<(br|/p|/div|/li|/tr|/h[1-6])\b[^>]*>", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static readonly Regex Tags = new("<[^>]*>", RegexOptions.NonBacktracking);
}
