using System.Globalization;

namespace SoonShop.Users;

/// <summary>The rules for e-mail addresses.</summary>
public static class EmailAddress
{
    /// <summary>The longest address, in characters (RFC 5321 section 4.5.3.1.3 allows 254).</summary>
    public const int MaxLength = 254;

    private const int MaxLocalLength = 64, MaxDomainLength = 253, MaxLabelLength = 63;

    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true };

    /// <summary>
    /// True for text that can be an address: a dot-atom (RFC 5322 section 3.2.3, letters of other scripts by RFC 6532), an @, and a domain
    /// of two or more labels that has a form in the DNS (RFC 5890). The mail library accepts all of these. Only a delivered mail proves
    /// that an address exists. The first part must have no combining marks, so that it has only one spelling.
    /// </summary>
    public static bool IsValid(string? text)
    {
        if (text is null || text.Length > MaxLength || !Text.IsClean(text))
            return false;
        var at = text.IndexOf('@');
        return at is >= 1 and <= MaxLocalLength && IsDotAtom(text.AsSpan(0, at)) && ToAscii(text[(at + 1)..]) is not null;
    }

    /// <summary>True for text that any version accepted as an address. Owners of older accounts sign in with such addresses.</summary>
    public static bool CanBeKnown(string? text)
    {
        if (text is null || text.Length > MaxLength || !Text.IsClean(text))
            return false;
        var at = text.LastIndexOf('@');
        if (at is < 1 or > MaxLocalLength || text.IndexOf('@') != at)
            return false;
        var domain = text[(at + 1)..];
        return !text.Any(c => char.IsWhiteSpace(c) || c is '<' or '>' or '(' or ')' or ',' or ';' or ':' or '"' or '\\' or '[' or ']')
            && domain.Length >= 3 && domain.Contains('.') && !domain.Contains("..")
            && domain[0] is not ('.' or '-') && domain[^1] is not ('.' or '-');
    }

    /// <summary>
    /// Returns the form for comparisons: trimmed, composed (NFC), lower case, with the domain as in the DNS. So <c>bücher.example</c> and
    /// <c>xn--bcher-kva.example</c> are equal.
    /// </summary>
    public static string Normalize(string email)
    {
        var text = email.Trim();
        var at = text.LastIndexOf('@');
        if (at < 0)
            return Fold(text);
        var domain = text[(at + 1)..];
        return $"{Fold(text[..at])}@{ToAscii(domain) ?? Fold(domain)}";
    }

    /// <summary>
    /// Returns the earlier normal form of a normalized address, from before domains were compared by their form in the DNS. Null when there
    /// is no difference. Accounts of that time are stored under it.
    /// </summary>
    public static string? EarlierForm(string normalized)
    {
        var at = normalized.LastIndexOf('@');
        if (at < 0 || !normalized.AsSpan(at).Contains("xn--", StringComparison.Ordinal))
            return null;
        try
        {
            var earlier = $"{normalized[..at]}@{Idn.GetUnicode(normalized[(at + 1)..])}";
            return earlier != normalized && Normalize(earlier) == normalized ? earlier : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string Fold(string text) => UnicodeNormalization.Compose(UnicodeNormalization.Compose(text).ToLowerInvariant());

    private static bool IsDotAtom(ReadOnlySpan<char> local)
    {
        if (local[0] == '.' || local[^1] == '.' || local.Contains("..", StringComparison.Ordinal))
            return false;
        for (var i = 0; i < local.Length; i++)
        {
            var c = local[i];
            var isAtom = c < 0x80
                ? char.IsAsciiLetterOrDigit(c) || c is '.' or '!' or '#' or '$' or '%' or '&' or '\'' or '*' or '+' or '-' or '/' or '='
                    or '?' or '^' or '_' or '`' or '{' or '|' or '}' or '~'
                : char.IsSurrogate(c) || char.IsLetterOrDigit(c);
            if (!isAtom)
                return false;
        }
        return true;
    }

    /// <summary>Returns a domain in lower case as in the DNS, with A-labels; null when it is not a valid domain.</summary>
    private static string? ToAscii(string domain)
    {
        var folded = Fold(string.Create(domain.Length, domain, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
                to[i] = Narrow(from[i]);
        }));
        try
        {
            var labels = folded.Split('.').Select(ToAscii).ToList();
            return labels.Count < 2 || labels.Contains(null) || string.Join('.', labels) is not { Length: <= MaxDomainLength } ascii
                ? null
                : ascii;
        }
        catch (ArgumentException)
        {
            return null;
        }

        static string? ToAscii(string label)
        {
            if (label.Length is 0 or > MaxLabelLength || label[0] == '-' || label[^1] == '-')
                return null;
            // A label in Punycode must be the canonical encoding of its text.
            var unicode = label.StartsWith("xn--", StringComparison.Ordinal) ? Idn.GetUnicode(label) : label;
            if (!IsLabel(unicode))
                return null;
            var ascii = Idn.GetAscii(unicode);
            return ascii.Length <= MaxLabelLength
                && (unicode == label || ascii == label)
                && (unicode == label) == !label.StartsWith("xn--", StringComparison.Ordinal)
                ? ascii
                : null;
        }
    }

    private static bool IsLabel(string label)
    {
        if (Fold(label) != label || !Text.IsClean(label))
            return false;
        for (var i = 0; i < label.Length; i += char.IsSurrogatePair(label, i) ? 2 : 1)
        {
            var category = CharUnicodeInfo.GetUnicodeCategory(label, i);
            var isMark = category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
            var isLetter = category is UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter
                or UnicodeCategory.DecimalDigitNumber;
            if (label[i] == '-' || (isMark && i > 0))
                continue;
            if (!isLetter || UnicodeNormalization.IsCompatibilityLetter(char.ConvertToUtf32(label, i)))
                return false;
        }
        return true;
    }

    /// <summary>Converts a fullwidth letter, digit, hyphen or dot, and the ideographic full stop, to ASCII (RFC 5895).</summary>
    private static char Narrow(char c) => c switch
    {
        '\u3002' or '\uFF61' or '\uFF0E' => '.',
        '\uFF0D' or (>= '\uFF10' and <= '\uFF19') or (>= '\uFF21' and <= '\uFF3A') or (>= '\uFF41' and <= '\uFF5A') => (char)(c - 0xFEE0),
        _ => c,
    };
}
