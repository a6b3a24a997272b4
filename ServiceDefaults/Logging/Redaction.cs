using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>
/// Removes secrets and personal data from text that leaves the process for operators or monitoring. It is the last line of defence, for
/// data that code has put into a message, an exception or a name by mistake.
/// </summary>
public static partial class Redaction
{
    /// <summary>Replaces removed text.</summary>
    public const string Mark = "[redacted]";

    /// <summary>If a pattern takes longer than this, the whole text is removed.</summary>
    private const int LimitMs = 100;

    private const string Named = $"${{name}}{Mark}";

    /// <summary>Parts of names whose values are private.</summary>
    private static readonly string[] PrivateNames =
        [
            "password", "passphrase", "secret", "token", "authorization", "cookie", "apikey", "connectionstring", "email", "phone",
            "displayname",
        ];

    private static ImmutableDictionary<string, Func<string, string>> added = ImmutableDictionary<string, Func<string, string>>.Empty;

    /// <summary>Adds what removes further secrets, such as a payment provider's. Another call with the same name replaces it.</summary>
    public static void Add(string name, Func<string, string> redact) =>
        ImmutableInterlocked.AddOrUpdate(ref added, name, redact, (_, _) => redact);

    /// <summary>Returns the text without secrets and personal data; the same object when there are none.</summary>
    public static string Of(string text)
    {
        try
        {
            text = Secrets().Replace(text, Mark);
            foreach (var redact in added.Values)
                text = redact(text);
            text = NamedLines().Replace(text, Named);
            text = NamedSecrets().Replace(text, Named);
            if (text.Contains("://", StringComparison.Ordinal))
                text = UserInfo().Replace(text, Named);
            if (text.Contains("cart", StringComparison.Ordinal))
                text = Carts().Replace(text, static match => $"{match.Groups["name"].Value}{Digest(match.Groups["id"].Value)}");
            if (text.Contains('@', StringComparison.Ordinal) || text.Contains("%40", StringComparison.Ordinal))
                text = MailAddresses().Replace(text, "[e-mail]");
            return Cards().Replace(text, static match => IsCard(match.ValueSpan) ? "[card]" : match.Value);
        }
        catch (RegexMatchTimeoutException)
        {
            return $"[{text.Length} characters that could not be looked through]";
        }
    }

    /// <summary>True for a name whose value must not be shown, whatever its form.</summary>
    public static bool IsPrivate(string name)
    {
        foreach (var part in PrivateNames)
        {
            if (name.Contains(part, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    /// <summary>Returns a short digest, which distinguishes ids but gives no access.</summary>
    private static string Digest(string id) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(id.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant())).AsSpan(0, 6));

    /// <summary>Verifies the check digit of ISO/IEC 7812. One in ten other numbers passes as well.</summary>
    private static bool IsCard(ReadOnlySpan<char> text)
    {
        var (sum, digits) = (0, 0);
        for (var i = text.Length - 1; i >= 0; i--)
        {
            if (!char.IsAsciiDigit(text[i]))
                continue;
            var digit = text[i] - '0';
            if (digits++ % 2 == 1)
                digit = digit > 4 ? (2 * digit) - 9 : 2 * digit;
            sum += digit;
        }
        return digits is >= 13 and <= 19 && sum % 10 == 0;
    }

    /// <summary>
    /// Matches secrets by their format: keys in PEM; JSON web tokens; keys, webhook secrets and client secrets in Stripe's format, which
    /// the shop's own API keys follow; the shop's refresh and mailed tokens; and the content of an Authorization header.
    /// </summary>
    [GeneratedRegex(
        @"-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)"
        + @"|\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"
        + @"|\b(?:sk|rk)_\w{4,}|\bwhsec_[\w+/=-]{4,}|_secret_\w{4,}"
        + @"|\b[0-9a-f]{32}(?:\.[0-9a-f]{32})?\.[\w-]{16,}"
        + @"|\b(?:[Bb]earer|[Bb]asic) +[\w.~+/=-]{8,}",
        RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex Secrets();

    /// <summary>
    /// Matches a private name and its value, as in connection strings, query strings, JSON, nested JSON and headers. If a quote has no end,
    /// matches everything after it.
    /// </summary>
    [GeneratedRegex(
        @"(?<name>(?:" + Names + @")\\*[""']?\s*[=:]\s*)(?!\[redacted\])"
        + @"(?:""(?:\\[\s\S]|[^""\\])*(?:""|$)|'[^']*'|(?<quote>\\+"")(?:\\[\s\S]|[^\\])*?(?:(?<!\\)\k<quote>|$)|[^\s,;&""'}\]\\]+)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex NamedSecrets();

    /// <summary>
    /// Matches values with spaces and without quotes: members of a printed record, up to the next member, and the whole value of a cookie
    /// header.
    /// </summary>
    [GeneratedRegex(
        @"(?<name>(?:" + Names
            + @")\w* = )(?!\[redacted\])[^\r\n]*?(?=, \w+ = | \}|[\r\n]|$)|(?<name>cookie:[ \t]*)(?!\[redacted\]|\\*[""'])[^\r\n]+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex NamedLines();

    private const string Names = "password|passwd|pwd|passphrase|secret|token|api[-_]?key|authorization|cookie";

    /// <summary>Matches the password in a URL.</summary>
    [GeneratedRegex(@"(?<name>://[^/\s:@]*:)(?!\[redacted\])[^/\s]+(?=@)", RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex UserInfo();

    /// <summary>Matches a cart's id. The id of a guest's cart gives access to the cart.</summary>
    [GeneratedRegex(
        @"(?<name>\bcarts?/)(?<id>[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex Carts();

    [GeneratedRegex(@"(?<![\w.!#$%&'*+?^~-])[\w.!#$%&'*+?^~-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+", RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex MailAddresses();

    [GeneratedRegex(@"\b[3-6]\d{3}[ -]?\d{4,6}[ -]?\d{4,5}(?:[ -]?\d{1,4})?\b", RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex Cards();
}
