using System.Buffers;
using System.Text;
using MimeKit;
using MimeKit.Utils;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// Builds MIME messages from mail texts. Headers that all mails share are encoded once, and a short, plain ASCII header is written
/// unchanged. The mail library encodes and parses each header several times, which takes longer than all other work on a mail.
/// </summary>
internal sealed class MailComposer
{
    /// <summary>A header up to this length fits on one line, whether the library counts characters or bytes.</summary>
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
        // Asks machines not to reply (RFC 3834).
        sample.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        sample.MimeVersion = new Version(1, 0);
        from = sample.Headers[sample.Headers.IndexOf(HeaderId.From)].Clone();
        constant = [.. sample.Headers.Where(h => h.Id is HeaderId.ReplyTo or HeaderId.AutoSubmitted or HeaderId.MimeVersion).Select(h =>
            h.Clone())];
    }

    /// <summary>Builds the message.</summary>
    /// <param name="text">The mail's text.</param>
    /// <param name="to">The recipient.</param>
    /// <param name="at">The mail's date.</param>
    /// <param name="id">The local part of its Message-ID.</param>
    /// <param name="boundary">The boundary between its parts.</param>
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
        part.Headers.Add(
            IsShort(language) ? new PlainHeader(HeaderId.ContentLanguage, language) : new Header(HeaderId.ContentLanguage, language));
        // A transport re-encodes the part if its server accepts only seven bits.
        part.Headers.Add(TransferEncoding.Clone());
        return part;
    }

    /// <summary>True for a value that encoding would not change.</summary>
    private static bool IsShort(string value) =>
        value.Length is > 0 and <= ShortHeader
        && !value.AsSpan().ContainsAnyExcept(Plain)
        && !value.Contains("=?", StringComparison.Ordinal);

    /// <summary>A header whose value is written to the message unchanged.</summary>
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
