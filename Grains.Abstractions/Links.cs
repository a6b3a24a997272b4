using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SoonShop;

/// <summary>
/// Finds text that mail programs turn into links: schemes, <c>www.</c>, e-mail addresses, and domains without either. A domain consists of
/// labels of any script with dots between them. A label after the first must be a top-level domain of the root zone (top-level-domains.txt)
/// or a special-use one, or a label must contain Punycode. Text that only looks similar (<c>Dr.Müller</c>, <c>Node.js</c>, two sentences
/// without a space) does not count, because mail programs link only existing endings.
/// </summary>
public static partial class Links
{
    private static readonly Lazy<FrozenSet<string>> TopLevelDomains = new(Load);

    /// <summary>Reserved top-level domains (RFC 2606, RFC 6761, RFC 7686). No mail reaches them, but some programs link them.</summary>
    private static readonly string[] SpecialUse = ["example", "internal", "invalid", "local", "localhost", "onion", "test"];

    /// <summary>Top-level domains that also follow initials in names, such as <c>J.de Vries</c> or <c>M.Sc.</c></summary>
    private static readonly string[] AfterInitials = ["al", "de", "do", "la", "sc"];

    /// <summary>True when a mail program may turn a part of the text into a link.</summary>
    public static bool AreIn(string text)
    {
        var plain = Fold(text);
        if (Scheme().IsMatch(plain))
            return true;
        var labels = new List<Range>();
        for (var i = 0; i < plain.Length;)
        {
            if (!IsOfLabel(plain[i]))
            {
                i++;
                continue;
            }
            i = ReadLabels(plain, i, labels);
            if (IsDomain(plain, labels, i))
                return true;
        }
        return false;
    }

    /// <summary>Reads labels with single dots between them. Returns where they end.</summary>
    private static int ReadLabels(string text, int start, List<Range> labels)
    {
        labels.Clear();
        for (var i = start; ;)
        {
            var from = i;
            while (i < text.Length && IsOfLabel(text[i]))
                i++;
            labels.Add(from..i);
            if (i + 1 >= text.Length || text[i] != '.' || !IsOfLabel(text[i + 1]))
                return i;
            i++;
        }
    }

    private static bool IsDomain(string text, List<Range> labels, int end)
    {
        if (labels.Count < 2 || IsAfterInitials(text, labels))
            return false;
        for (var i = 0; i < labels.Count; i++)
        {
            var label = text.AsSpan(labels[i]);
            if (label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase) || (i > 0 && IsTopLevel(label)))
                return true;
        }
        // A path or port makes a link even of a top-level domain that the list lacks, and of an address in digits.
        return end + 1 < text.Length && text[end] is '/' or ':' && char.IsLetterOrDigit(text[end + 1])
            && (IsEnding(text.AsSpan(labels[^1])) || (labels.Count == 4 && labels.All(l => IsNumber(text.AsSpan(l)))));
    }

    /// <summary>True for a top-level domain, also when a hyphen or a letter of a script without spaces follows it directly.</summary>
    private static bool IsTopLevel(ReadOnlySpan<char> label)
    {
        var ascii = 0;
        while (ascii < label.Length && char.IsAsciiLetter(label[ascii]))
            ascii++;
        var ends = ascii == label.Length
            || label[ascii] is '-' or '_'
            || char.GetUnicodeCategory(label[ascii]) == UnicodeCategory.OtherLetter;
        var ending = (ascii > 0 && ends ? label[..ascii] : label).ToString().ToLowerInvariant();
        return TopLevelDomains.Value.Contains(ending);
    }

    private static bool IsAfterInitials(string text, List<Range> labels)
    {
        for (var i = 0; i < labels.Count - 1; i++)
        {
            if (text[labels[i]] is not [var initial] || !char.IsUpper(initial))
                return false;
        }
        return AfterInitials.Contains(text[labels[^1]].ToLowerInvariant());
    }

    private static bool IsEnding(ReadOnlySpan<char> label)
    {
        foreach (var c in label)
        {
            if (!char.IsLetter(c))
                return false;
        }
        return label.Length > 1;
    }

    private static bool IsNumber(ReadOnlySpan<char> label) => label.Length <= 3 && !label.ContainsAnyExceptInRange('0', '9');

    private static bool IsOfLabel(char c) =>
        char.IsLetterOrDigit(c) || char.IsSurrogate(c) || c is '-' or '_'
            || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.OtherSymbol;

    /// <summary>
    /// Returns the text composed (NFC), with ASCII instead of fullwidth characters and other full stops, without invisible characters.
    /// </summary>
    private static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var c in UnicodeNormalization.Compose(text))
        {
            switch (c)
            {
                case '\u00AD' or '\u034F' or '\u200C' or '\u200D' or (>= '\uFE00' and <= '\uFE0F'):
                    break;
                case '\u3002' or '\uFF61' or '\u2024' or '\uFE52':
                    folded.Append('.');
                    break;
                case >= '\uFF01' and <= '\uFF5E':
                    folded.Append((char)(c - 0xFEE0));
                    break;
                default:
                    folded.Append(c);
                    break;
            }
        }
        return folded.ToString();
    }

    private static FrozenSet<string> Load()
    {
        using var file = new StreamReader(typeof(Links).Assembly.GetManifestResourceStream("SoonShop.top-level-domains.txt")!);
        var endings = new List<string>(SpecialUse);
        while (file.ReadLine() is { } line)
        {
            if (line is not ['#', ..])
                endings.Add(line);
        }
        return endings.ToFrozenSet(StringComparer.Ordinal);
    }

    [GeneratedRegex(@"//\S|\S@\S|\b(?:https?|ftp|mailto|tel|sms|javascript|data|file):\S|\bwww[0-9]{0,3}\s?\.",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Scheme();
}
