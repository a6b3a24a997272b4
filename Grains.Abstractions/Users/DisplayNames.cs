namespace SoonShop.Users;

/// <summary>What people may call themselves. The name stands in mails: see <see cref="MailedText"/>.</summary>
public static class DisplayNames
{
    /// <summary>Characters at most.</summary>
    public const int MaxLength = 100;

    /// <summary>What is wrong with a name; null when nothing is.</summary>
    public static string? Problem(string name) => name.Length > MaxLength ? $"must be at most {MaxLength} characters" : MailedText.Problem(name);

    /// <summary>The name as it is kept: trimmed, composed (NFC).</summary>
    public static string Clean(string name) => UnicodeNormalization.Compose(name).Trim();

    /// <summary>What to call who gave no name: the part before the @, as far as it is no link.</summary>
    public static string OfAddress(string email)
    {
        var local = email[..email.IndexOf('@')];
        return Problem(local) is null ? local : string.Concat(local.TakeWhile(char.IsLetterOrDigit)) is { Length: > 0 } start ? start : "-";
    }
}
