namespace SoonShop;

/// <summary>
/// Checks free text of customers and guests that mails contain. Such mails also go to unverified addresses, so the text must not carry a
/// message to a stranger: it must be one line without links.
/// </summary>
public static class MailedText
{
    /// <summary>Returns what is wrong with a text; null when it is acceptable.</summary>
    public static ErrorText? Problem(string text) =>
        !Text.IsLine(text) ? ErrorText.Of("field.line", "must be one line without control characters")
        : Links.AreIn(text) ? ErrorText.Of("field.no-link", "must not contain a link, a domain or an e-mail address")
        : null;

    /// <summary>Returns the text for a mail; null for a text that an earlier version accepted and this one does not.</summary>
    public static string? OrNull(string? text) => text is not null && Problem(text) is null ? text : null;

    /// <summary>
    /// Returns another person's e-mail address for a mail. If mail programs could see a link in the part before the @
    /// (<c>evil.example/prize@example.com</c>), that part is removed.
    /// </summary>
    public static string Address(string email)
    {
        var at = email.LastIndexOf('@');
        return at > 0 && email.Take(at).Any(c => !char.IsLetterOrDigit(c) && c is not ('.' or '_' or '+' or '-' or '\''))
            ? $"…{email[at..]}"
            : email;
    }
}
