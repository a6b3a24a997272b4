using System.Globalization;
using System.Text;

namespace SoonShop.Addresses;

/// <summary>Forms of the texts in addresses.</summary>
internal static class PostalText
{
    // Without ICU, the runtime takes no accents off.
    private const string Accented = "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝĀĂĄĆĈĊČĎĒĔĖĘĚĜĞĠĢĤĨĪĬĮİĴĶĹĻĽŃŅŇŌŎŐŔŖŘŚŜŞŠŢŤŨŪŬŮŰŲŴŶŸŹŻŽ";
    private const string Unaccented = "AAAAAACEEEEIIIINOOOOOUUUUYAAACCCCDEEEEEGGGGHIIIIIJKLLLNNNOOORRRSSSSTTUUUUUUWYYZZZ";

    /// <summary>What stands between the parts of a postal code.</summary>
    public static bool IsSeparator(char c) => c is ' ' or '-';

    /// <summary>One line, without invisible marks, and without space around it or twice within it.</summary>
    public static string Tidy(string text)
    {
        text = Text.WithoutMarks(text);
        return IsTidy(text) ? text : string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>True where no space but single blanks between words stands.</summary>
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

    /// <summary>In upper case, with ASCII digits, letters, spaces and hyphens for those of other scripts, full widths and print.</summary>
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

    /// <summary>Without separators.</summary>
    public static string Compact(string plain) => string.Concat(plain.Where(c => !IsSeparator(c)));

    /// <summary>For comparison: letters and digits alone, in upper case, Latin letters without accents.</summary>
    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var c in Plain(text).Where(char.IsLetterOrDigit))
            folded.Append(Accented.IndexOf(c, StringComparison.Ordinal) is >= 0 and var i ? Unaccented[i] : c);
        return folded.ToString();
    }
}
