namespace SoonShop;

/// <summary>
/// Free text of customers and guests that mails show. Such mails also go to addresses that nobody has proven, so the text must not carry a message
/// of its own to a stranger: one line, without links.
/// </summary>
public static class MailedText
{
    /// <summary>What is wrong with a text; null when nothing is.</summary>
    public static string? Problem(string text) =>
        !Text.IsLine(text) ? "must be one line without control characters"
        : Links.AreIn(text) ? "must not contain a link, a domain or an e-mail address"
        : null;

    /// <summary>The text as a mail shows it: null for one that an earlier version took and this one does not.</summary>
    public static string? OrNull(string? text) => text is not null && Problem(text) is null ? text : null;

    /// <summary>
    /// An e-mail address that is not the reader's, as a mail shows it: whole where mail programs see nothing but an address in it, otherwise without the
    /// part before the @, in which a link could stand (<c>evil.example/prize@example.com</c>).
    /// </summary>
    public static string Address(string email)
    {
        var at = email.LastIndexOf('@');
        return at > 0 && email.Take(at).Any(c => !char.IsLetterOrDigit(c) && c is not ('.' or '_' or '+' or '-' or '\'')) ? $"…{email[at..]}" : email;
    }
}
