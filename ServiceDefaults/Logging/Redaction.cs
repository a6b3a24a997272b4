using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>
/// Takes secrets and personal data out of text that leaves the process for people or machines that watch: the last line of defence, for what
/// was put into a message, an exception or a name by code that did not think of it.
/// </summary>
public static partial class Redaction
{
    /// <summary>Stands where something was.</summary>
    public const string Mark = "[redacted]";

    /// <summary>A text on which a pattern spends longer is left out whole.</summary>
    private const int LimitMs = 100;

    private const string Named = $"${{name}}{Mark}";

    /// <summary>Parts of names whose values are nobody's business.</summary>
    private static readonly string[] PrivateNames =
        ["password", "passphrase", "secret", "token", "authorization", "cookie", "apikey", "connectionstring", "email", "phone", "displayname"];

    /// <summary>The text without what is secret or personal; the same object where there is nothing of the kind.</summary>
    public static string Of(string text)
    {
        try
        {
            text = Secrets().Replace(text, Mark);
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

    /// <summary>True for a name whose value is not to be shown, whatever it looks like.</summary>
    public static bool IsPrivate(string name)
    {
        foreach (var part in PrivateNames)
        {
            if (name.Contains(part, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    /// <summary>Tells one from another, and opens neither.</summary>
    private static string Digest(string id) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant())).AsSpan(0, 6));

    /// <summary>The check digit of ISO/IEC 7812: one in ten of other numbers passes as well.</summary>
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
    /// What gives itself away: keys in PEM; JSON web tokens; keys, webhook secrets and client secrets in the manner of Stripe, which the shop's
    /// own API keys follow; the shop's refresh and mailed tokens; and what stands in an Authorization header.
    /// </summary>
    [GeneratedRegex(
        @"-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)"
        + @"|\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"
        + @"|\b(?:sk|rk)_\w{4,}|\bwhsec_[\w+/=-]{4,}|_secret_\w{4,}"
        + @"|\b[0-9a-f]{32}(?:\.[0-9a-f]{32})?\.[\w-]{16,}"
        + @"|\b(?:[Bb]earer|[Bb]asic) +[\w.~+/=-]{8,}",
        RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex Secrets();

    /// <summary>A name that says it, and what is assigned to it, as in connection strings, query strings, JSON, JSON within JSON, and headers; all that follows where a quote has no end.</summary>
    [GeneratedRegex(
        @"(?<name>(?:" + Names + @")\\*[""']?\s*[=:]\s*)(?!\[redacted\])"
        + @"(?:""(?:\\[\s\S]|[^""\\])*(?:""|$)|'[^']*'|(?<quote>\\+"")(?:\\[\s\S]|[^\\])*?(?:(?<!\\)\k<quote>|$)|[^\s,;&""'}\]\\]+)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex NamedSecrets();

    /// <summary>What has spaces and no quotes: members of a printed record, until the next; the value of a cookie header, which is all of its line.</summary>
    [GeneratedRegex(
        @"(?<name>(?:" + Names + @")\w* = )(?!\[redacted\])[^\r\n]*?(?=, \w+ = | \}|[\r\n]|$)|(?<name>cookie:[ \t]*)(?!\[redacted\]|\\*[""'])[^\r\n]+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex NamedLines();

    private const string Names = "password|passwd|pwd|passphrase|secret|token|api[-_]?key|authorization|cookie";

    /// <summary>The password in an address.</summary>
    [GeneratedRegex(@"(?<name>://[^/\s:@]*:)(?!\[redacted\])[^/\s]+(?=@)", RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex UserInfo();

    /// <summary>A cart's id: whoever has a guest's has the cart.</summary>
    [GeneratedRegex(@"(?<name>\bcarts?/)(?<id>[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex Carts();

    [GeneratedRegex(@"(?<![\w.!#$%&'*+?^~-])[\w.!#$%&'*+?^~-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+", RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex MailAddresses();

    [GeneratedRegex(@"\b[3-6]\d{3}[ -]?\d{4,6}[ -]?\d{4,5}(?:[ -]?\d{1,4})?\b", RegexOptions.CultureInvariant, LimitMs)]
    private static partial Regex Cards();
}
