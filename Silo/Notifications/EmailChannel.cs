using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using MimeKit;
using SoonShop.Events;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// E-mail. Its Message-ID follows from the delivery's id, so that a receiver who gets a mail twice can tell. A mail that is being handed over when
/// its attempt ends goes on, and the next attempt here learns what became of it instead of sending it again.
/// </summary>
internal sealed class EmailChannel(IMailTransport transport, NotificationTemplates templates, IOptions<NotificationsOptions> options) : INotificationChannel
{
    /// <summary>Hand-overs that are remembered: those under way, and for a while those that went well.</summary>
    private const int MaxHandovers = 10_000;

    private readonly EmailOptions email = options.Value.Email;
    private readonly string shopName = options.Value.ShopName;
    private readonly string domain = options.Value.Email.From[(options.Value.Email.From.LastIndexOf('@') + 1)..];
    private readonly ConcurrentDictionary<string, Task> handovers = new();
    private readonly ConcurrentQueue<string> order = new();

    public string Name => ChannelName.Email;

    public string Handler => "mail";

    public bool Reaches(Recipient to) => to.Email is not null;

    public async Task SendAsync(NotificationDue message, string deliveryId, CancellationToken cancellation)
    {
        var handover = handovers.GetOrAdd(deliveryId, static (id, state) => state.Channel.BeginAsync(state.Message, id), (Channel: this, Message: message));
        try
        {
            await handover.WaitAsync(cancellation);
        }
        catch when (handover.IsFaulted || handover.IsCanceled)
        {
            // Known not to have been taken over: the next attempt begins anew.
            handovers.TryRemove(new(deliveryId, handover));
            throw;
        }
    }

    private Task BeginAsync(NotificationDue message, string deliveryId)
    {
        order.Enqueue(deliveryId);
        while (order.Count > MaxHandovers && order.TryDequeue(out var oldest))
            handovers.TryRemove(oldest, out _);
        // Off the grain's scheduler, and with a time limit of its own.
        return Task.Run(async () =>
        {
            using var mail = Compose(message, deliveryId);
            await transport.SendAsync(mail, $"{message.At.UtcDateTime:yyyyMMdd-HHmmss}-{message.Kind}-{Deterministic.Id("mail", deliveryId):N}");
        });
    }

    private MimeMessage Compose(NotificationDue message, string deliveryId)
    {
        var text = templates.WriteMail(message.Kind, message.To, message.Details);
        var mail = new MimeMessage
        {
            Subject = text.Title,
            Date = message.At,
            MessageId = $"{Deterministic.Id("mail", deliveryId):N}@{domain}",
            Body = new MultipartAlternative(
                Part("plain", text.Text, text.Language),
                Part("html", text.Html, text.Language))
            {
                // The same mail again is the same to the byte.
                Boundary = $"soonshop-{Deterministic.Id("boundary", deliveryId):N}",
            },
        };
        mail.From.Add(new MailboxAddress(shopName, email.From));
        mail.To.Add(Mailbox(message.To));
        if (email.ReplyTo is { Length: > 0 } replyTo)
            mail.ReplyTo.Add(new MailboxAddress(shopName, replyTo));
        // No machine should answer (RFC 3834).
        mail.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        return mail;
    }

    /// <summary>Whoever is to have it. An address that the mail library cannot take, it never will.</summary>
    private static MailboxAddress Mailbox(Recipient to)
    {
        try
        {
            return new MailboxAddress(to.Name ?? "", to.Email!);
        }
        catch (ParseException e)
        {
            throw new HandlingException(ErrorClass.Permanent, "The recipient's address is none that mail can be sent to.", e);
        }
    }

    private static TextPart Part(string subtype, string text, string language)
    {
        var part = new TextPart(subtype) { Text = text };
        part.Headers.Add(HeaderId.ContentLanguage, language);
        return part;
    }
}

/// <summary>Takes mail over.</summary>
internal interface IMailTransport
{
    /// <summary>
    /// Hands a mail over, within a time of its own. Returns when it is in safe hands. Throws a <see cref="SoonShop.Events.HandlingException"/> of class
    /// permanent when it will never be taken.
    /// </summary>
    /// <param name="mail">The mail.</param>
    /// <param name="name">A name for it, the same at each attempt, fit for a file.</param>
    Task SendAsync(MimeMessage mail, string name);
}
