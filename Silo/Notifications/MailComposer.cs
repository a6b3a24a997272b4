using System.Buffers;
using System.Text;
using MimeKit;
using MimeKit.Utils;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// Makes messages of what a mail says. What is the same in all mails is encoded once, and a header of short, plain ASCII is written as it is:
/// the mail library encodes and parses each header several times, which takes longer than everything else about a mail.
/// </summary>
internal sealed class MailComposer
{
    /// <summary>A header up to this length is one line, whatever the mail library counts in.</summary>
    private const int ShortHeader = 70;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)]);

    private static readonly Header TransferEncoding = new(HeaderId.ContentTransferEncoding, "8bit");

    private readonly string domain;
    private readonly Header from;
    private readonly Header[] constant;

    public MailComposer(NotificationsOptions options)
    {
        var email = options.Email;
        domain = email.From[(email.From.LastIndexOf('@') + 1)..];
        using var sample = new MimeMessage();
        sample.From.Add(new MailboxAddress(options.ShopName, email.From));
        if (email.ReplyTo is { Length: > 0 } replyTo)
            sample.ReplyTo.Add(new MailboxAddress(options.ShopName, replyTo));
        // No machine should answer (RFC 3834).
        sample.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        sample.MimeVersion = new Version(1, 0);
        from = sample.Headers[sample.Headers.IndexOf(HeaderId.From)].Clone();
        constant = [.. sample.Headers.Where(h => h.Id is HeaderId.ReplyTo or HeaderId.AutoSubmitted or HeaderId.MimeVersion).Select(h => h.Clone())];
    }

    /// <summary>The message.</summary>
    /// <param name="text">What it says.</param>
    /// <param name="to">Whom to.</param>
    /// <param name="at">Its date.</param>
    /// <param name="id">The first part of its Message-ID.</param>
    /// <param name="boundary">What its parts are parted by.</param>
    public MimeMessage Compose(MailText text, MailboxAddress to, DateTimeOffset at, string id, string boundary)
    {
        HeaderList headers =
        [
            from.Clone(),
            new PlainHeader(HeaderId.Date, DateUtils.FormatDate(at)),
            IsShort(text.Title) ? new PlainHeader(HeaderId.Subject, text.Title) : new Header(HeaderId.Subject, text.Title),
            new PlainHeader(HeaderId.MessageId, $"<{id}@{domain}>"),
        ];
        var mail = new MimeMessage(headers);
        if (string.IsNullOrEmpty(to.Name) && IsShort(to.Address) && !to.Address.Contains("xn--", StringComparison.OrdinalIgnoreCase))
            headers.Add(new PlainHeader(HeaderId.To, to.Address));
        else
            mail.To.Add(to);
        foreach (var header in constant)
            headers.Add(header.Clone());
        mail.Body = new MultipartAlternative { Boundary = boundary };
        var parts = (Multipart)mail.Body;
        parts.Add(Part("plain", text.TextBytes, text.Language));
        parts.Add(Part("html", text.HtmlBytes, text.Language));
        return mail;
    }

    private static MimePart Part(string subtype, byte[] text, string language)
    {
        var part = new MimePart(new ContentType("text", subtype) { Charset = "utf-8" })
        {
            Content = new MimeContent(new MemoryStream(text), ContentEncoding.EightBit),
        };
        part.Headers.Add(IsShort(language) ? new PlainHeader(HeaderId.ContentLanguage, language) : new Header(HeaderId.ContentLanguage, language));
        // A transport whose server takes only seven bits encodes it anew.
        part.Headers.Add(TransferEncoding.Clone());
        return part;
    }

    /// <summary>True for what no encoding changes.</summary>
    private static bool IsShort(string value) =>
        value.Length is > 0 and <= ShortHeader && !value.AsSpan().ContainsAnyExcept(Plain) && !value.Contains("=?", StringComparison.Ordinal);

    /// <summary>A header whose value stands in the message as it is.</summary>
    private sealed class PlainHeader(HeaderId id, string value)
        : Header(ParserOptions.Default, id, id.ToHeaderName(), FieldOf(id), Encoding.ASCII.GetBytes($" {value}\n"))
    {
        private static readonly byte[] Date = "Date"u8.ToArray();
        private static readonly byte[] Subject = "Subject"u8.ToArray();
        private static readonly byte[] MessageId = "Message-Id"u8.ToArray();
        private static readonly byte[] To = "To"u8.ToArray();
        private static readonly byte[] ContentLanguage = "Content-Language"u8.ToArray();

        private static byte[] FieldOf(HeaderId id) => id switch
        {
            HeaderId.Date => Date,
            HeaderId.Subject => Subject,
            HeaderId.MessageId => MessageId,
            HeaderId.To => To,
            HeaderId.ContentLanguage => ContentLanguage,
            _ => Encoding.ASCII.GetBytes(id.ToHeaderName()),
        };
    }
}
