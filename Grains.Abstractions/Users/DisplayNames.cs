namespace SoonShop.Users;

/// <summary>The rules for display names. Mails contain the name: see <see cref="MailedText"/>.</summary>
public static class DisplayNames
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaxLength = 100;

    /// <summary>Returns what is wrong with a name; null when it is acceptable.</summary>
    public static ErrorText? Problem(string name) =>
        name.Length > MaxLength ? ErrorText.Of("field.at-most", $"must be at most {MaxLength} characters") : MailedText.Problem(name);

    /// <summary>Returns the stored form of a name: trimmed and composed (NFC).</summary>
    public static string Clean(string name) => UnicodeNormalization.Compose(name).Trim();

    /// <summary>Returns the name for a customer who gave none: the part before the @, unless it is a link.</summary>
    public static string OfAddress(string email)
    {
        var local = email[..email.IndexOf('@')];
        return Problem(local) is null ? local : string.Concat(local.TakeWhile(char.IsLetterOrDigit)) is { Length: > 0 } start ? start : "-";
    }
}
