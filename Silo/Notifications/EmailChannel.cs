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

    private readonly MailComposer composer = new(options.Value);
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
            await handover.WaitAsync(cancellation).ConfigureAwait(false);
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
            var id = Deterministic.Id("mail", deliveryId);
            using var mail = Compose(message, id, deliveryId);
            await transport.SendAsync(mail, $"{message.At.UtcDateTime:yyyyMMdd-HHmmss}-{message.Kind}-{id:N}");
        });
    }

    private MimeMessage Compose(NotificationDue message, Guid id, string deliveryId)
    {
        var to = Mailbox(message.To);
        var text = templates.WriteMail(message.Kind, message.To, message.Details);
        // The same mail again is the same to the byte.
        return composer.Compose(text, to, message.At, $"{id:N}", $"soonshop-{Deterministic.Id("boundary", deliveryId):N}");
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
