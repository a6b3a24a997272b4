using System.Globalization;
using System.Text;

namespace SoonShop.Addresses;

/// <summary>Normalizes texts of addresses.</summary>
internal static class PostalText
{
    // Without ICU, the runtime cannot remove accents.
    private const string Accented = "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝĀĂĄĆĈĊČĎĒĔĖĘĚĜĞĠĢĤĨĪĬĮİĴĶĹĻĽŃŅŇŌŎŐŔŖŘŚŜŞŠŢŤŨŪŬŮŰŲŴŶŸŹŻŽ";
    private const string Unaccented = "AAAAAACEEEEIIIINOOOOOUUUUYAAACCCCDEEEEEGGGGHIIIIIJKLLLNNNOOORRRSSSSTTUUUUUUWYYZZZ";

    /// <summary>True for a separator between the parts of a postal code.</summary>
    public static bool IsSeparator(char c) => c is ' ' or '-';

    /// <summary>Returns the text as one line, without invisible marks, surrounding spaces and double spaces.</summary>
    public static string Tidy(string text)
    {
        text = Text.WithoutMarks(text);
        return IsTidy(text) ? text : string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>True when the text has no spaces except single blanks between words.</summary>
    private static bool IsTidy(string text)
    {
        var afterSpace = true;
        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c) && (afterSpace || c != ' '))
                return false;
            afterSpace = c == ' ';
        }
        return text.Length == 0 || !afterSpace;
    }

    /// <summary>
    /// Returns the text in upper case, with ASCII digits, letters, spaces and hyphens instead of their variants in other scripts and
    /// widths.
    /// </summary>
    public static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in Tidy(text).TrimStart('〒'))
        {
            var digit = CharUnicodeInfo.GetDecimalDigitValue(c);
            plain.Append(
                digit >= 0 ? (char)('0' + digit)
                : c is >= '！' and <= '～' ? char.ToUpperInvariant((char)(c - '！' + '!'))
                : char.GetUnicodeCategory(c) == UnicodeCategory.DashPunctuation || c == '\u2212' ? '-'
                : char.ToUpperInvariant(c));
        }
        return plain.ToString().Trim();
    }

    /// <summary>Returns the text without separators.</summary>
    public static string Compact(string plain) => string.Concat(plain.Where(c => !IsSeparator(c)));

    /// <summary>Returns the text for comparisons: only letters and digits, in upper case, Latin letters without accents.</summary>
    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var c in Plain(text).Where(char.IsLetterOrDigit))
            folded.Append(Accented.IndexOf(c, StringComparison.Ordinal) is >= 0 and var i ? Unaccented[i] : c);
        return folded.ToString();
    }
}
