using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace SoonShop;

/// <summary>Slugs: words of a–z and 0–9, joined by hyphens, as ids that stand in URLs.</summary>
public static partial class Slug
{
    /// <summary>The longest slug, in characters.</summary>
    public const int MaxLength = 100;

    /// <summary>The digits of the digest that completes a shortened slug.</summary>
    private const int DigestLength = 12;

    /// <summary>True for a slug.</summary>
    public static bool IsValid(string text) => text.Length <= MaxLength && Pattern.IsMatch(text);

    /// <summary>
    /// Returns a slug for a text: accents are removed, and everything but letters and digits becomes a hyphen. A text that is too long, or
    /// that has letters outside the Latin script, is completed by a digest, so that different texts have different slugs.
    /// </summary>
    public static string Of(string text)
    {
        var slug = new StringBuilder(text.Length);
        var isWhole = true;
        foreach (var c in UnicodeNormalization.DecomposeCompatible(text).ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c))
                slug.Append(c);
            else if (CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark)
                continue;
            else
            {
                isWhole &= !char.IsLetterOrDigit(c) && !char.IsSurrogate(c);
                if (slug.Length > 0 && slug[^1] != '-')
                    slug.Append('-');
            }
        }
        var words = slug.ToString().Trim('-');
        if (isWhole && words.Length is >= 1 and <= MaxLength)
            return words;
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..DigestLength];
        var room = MaxLength - DigestLength - 1;
        words = (words.Length > room ? words[..room] : words).Trim('-');
        return words.Length == 0 ? digest : $"{words}-{digest}";
    }

    [GeneratedRegex(@"^[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex Pattern { get; }
}
