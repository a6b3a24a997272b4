using System.Globalization;

namespace SoonShop.Users;

/// <summary>The rules for e-mail addresses.</summary>
public static class EmailAddress
{
    /// <summary>The longest address, in characters (RFC 5321 section 4.5.3.1.3 leaves 254 for it).</summary>
    public const int MaxLength = 254;

    /// <summary>
    /// True for what can be an address. Only a mail that arrives proves one, so this keeps out what cannot be one:
    /// no @, spaces, control characters, an empty or dotless domain. Combining marks are kept out too, so that an address has
    /// one way of being written.
    /// </summary>
    public static bool IsValid(string? text)
    {
        if (text is null || text.Length > MaxLength || !Text.IsClean(text))
            return false;
        var at = text.LastIndexOf('@');
        if (at is < 1 or > 64 || text.IndexOf('@') != at)
            return false;
        var domain = text[(at + 1)..];
        return !text.Any(c => char.IsWhiteSpace(c) || char.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark || c is '<' or '>' or '(' or ')' or ',' or ';' or ':' or '"' or '\\' or '[' or ']')
            && domain.Length >= 3 && domain.Contains('.') && !domain.Contains("..")
            && domain.All(c => char.IsLetterOrDigit(c) || c is '.' or '-')
            && domain[0] is not ('.' or '-') && domain[^1] is not ('.' or '-');
    }

    /// <summary>The form by which addresses are compared: trimmed, without case.</summary>
    public static string Normalize(string email) =>
        email.Trim().ToLower(CultureInfo.InvariantCulture);
}
