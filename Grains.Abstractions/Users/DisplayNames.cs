using System.Text.RegularExpressions;

namespace SoonShop.Users;

/// <summary>What people may call themselves. The name stands in mails, also in those to an address that nobody has proven yet: it must carry no message.</summary>
public static partial class DisplayNames
{
    /// <summary>Characters at most.</summary>
    public const int MaxLength = 100;

    /// <summary>What is wrong with a name; null when nothing is.</summary>
    public static string? Problem(string name) =>
        name.Length > MaxLength ? $"must be at most {MaxLength} characters"
        : !Text.IsLine(name) ? "must be one line without control characters"
        : IsLink(name) ? "must not contain a link"
        : null;

    /// <summary>The name as it is kept: trimmed, composed (NFC).</summary>
    public static string Clean(string name) => UnicodeNormalization.Compose(name).Trim();

    /// <summary>What to call who gave no name: the part before the @, as far as it is no link.</summary>
    public static string OfAddress(string email)
    {
        var local = email[..email.IndexOf('@')];
        return Problem(local) is null ? local : string.Concat(local.TakeWhile(char.IsLetterOrDigit)) is { Length: > 0 } start ? start : "-";
    }

    /// <summary>True for what mail programs turn into a link: a scheme, <c>www.</c>, or a domain by its usual endings or with a path. Initials before a name (<c>J.de Vries</c>) are none.</summary>
    private static bool IsLink(string name) => Link().IsMatch(UnicodeNormalization.Compose(name));

    [GeneratedRegex(@"[a-z][a-z0-9+.-]*:\s*//|\b(?:https?|ftp|mailto|tel|javascript|data):|\bwww\s*[.。．]|[\p{L}\p{Nd}-]+[.。．｡][\p{L}\p{Nd}-]{2,}/|[\p{L}\p{Nd}-]{2,}[.。．｡](?:com|net|org|info|biz|io|co|me|app|dev|shop|store|online|site|xyz|top|club|link|live|ru|cn|de|uk|fr|eu|us|in|tk|ly|gl|to|cc|tv|ai|ws)\b|//|@",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Link();
}
