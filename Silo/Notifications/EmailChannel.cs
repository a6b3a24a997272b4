using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using MimeKit;
using SoonShop.Events;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// Sends notifications as e-mail. The Message-ID is derived from the delivery's id, so that a receiver can detect a duplicate mail. When an
/// attempt ends while the transport still sends its mail, sending continues. The next attempt on this silo waits for that result instead of
/// sending the mail again.
/// </summary>
internal sealed class EmailChannel(IMailTransport transport, NotificationTemplates templates, IOptions<NotificationsOptions> options)
    : INotificationChannel
{
    /// <summary>The most sends that are remembered: running ones, and recent successful ones.</summary>
    private const int MaxHandovers = 10_000;

    private readonly MailComposer composer = new(options.Value);
    private readonly ConcurrentDictionary<string, Task> handovers = new();
    private readonly ConcurrentQueue<string> order = new();

    public string Name => ChannelName.Email;

    public string Handler => "mail";

    public bool Reaches(Recipient to) => to.Email is not null;

    public async Task SendAsync(NotificationDue message, string deliveryId, CancellationToken cancellation)
    {
        var handover = handovers.GetOrAdd(
            deliveryId, static (id, state) => state.Channel.BeginAsync(state.Message, id), (Channel: this, Message: message));
        try
        {
            await handover.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch when (handover.IsFaulted || handover.IsCanceled)
        {
            // The mail was certainly not accepted, so the next attempt sends it again.
            handovers.TryRemove(new(deliveryId, handover));
            throw;
        }
    }

    private Task BeginAsync(NotificationDue message, string deliveryId)
    {
        order.Enqueue(deliveryId);
        while (order.Count > MaxHandovers && order.TryDequeue(out var oldest))
            handovers.TryRemove(oldest, out _);
        // Runs outside the grain's scheduler and has its own time limit.
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
        // The same delivery gives the same mail, byte for byte.
        return composer.Compose(text, to, message.At, $"{id:N}", $"soonshop-{Deterministic.Id("boundary", deliveryId):N}");
    }

    /// <summary>Returns the mailbox of a recipient. An address that the mail library rejects is a permanent error.</summary>
    private static MailboxAddress Mailbox(Recipient to)
    {
        try
        {
            return new MailboxAddress(to.Name ?? "", to.Email!);
        }
        catch (ParseException e)
        {
            throw new HandlingException(ErrorClass.Permanent, "The recipient's address is not a valid mail address.", e);
        }
    }
}

/// <summary>Accepts mail for delivery.</summary>
internal interface IMailTransport
{
    /// <summary>
    /// Sends a mail, within a time limit of its own. Returns when the mail is accepted. Throws a
    /// <see cref="SoonShop.Events.HandlingException"/> of class permanent when it will never be accepted.
    /// </summary>
    /// <param name="mail">The mail.</param>
    /// <param name="name">A name for the mail, the same at each attempt and usable as a file name.</param>
    Task SendAsync(MimeMessage mail, string name);
}
