using Microsoft.Extensions.Logging;
using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>
/// Sends mail about a guest's order while the order's event is handled. A guest has neither inbox nor preferences, so there is nothing else
/// to store: one write records the event as processed and the mail as sent. A mail that cannot be sent at once goes to the mail handler,
/// with its retries and dead letters, under the same delivery id.
/// </summary>
internal sealed partial class GuestMail(
    IEnumerable<INotificationChannel> channels, UnprovenMailLimit limit, TimeProvider time, ILogger<GuestMail> log)
{
    /// <summary>
    /// The most mails that this silo sends this way at a time. They are only a small part of a lane's concurrent attempts
    /// (<see cref="LaneOptions.AttemptsAtATime"/>), so that a slow mail server does not delay accounts' notifications and webhooks.
    /// </summary>
    internal const int MaxAtATime = 16;

    /// <summary>How long a message waits for its turn. That is enough for a burst, but not for a slow mail server.</summary>
    internal static readonly TimeSpan CallTimeout = TimeSpan.FromMilliseconds(100);

    private readonly INotificationChannel? channel = channels.FirstOrDefault(c => c.Name == ChannelName.Email);
    private readonly SemaphoreSlim turns = new(MaxAtATime);

    /// <summary>Sends a message. Returns its outcome, or null when the mail handler must send it.</summary>
    /// <exception cref="OperationCanceledException">The attempt has timed out, and the message's outcome is unknown.</exception>
    public async Task<DeliveryRecord?> TrySendAsync(NotificationDue message, EventContext context)
    {
        if (message is not { Channel: ChannelName.Email, DeliveryId: { } deliveryId } || channel is null)
            return null;
        // A repeated attempt takes no turn: an earlier one may still be sending, and only this channel knows the result.
        var takesTurn = context.Attempt == 1;
        if (takesTurn && !await turns.WaitAsync(CallTimeout, context.Cancellation))
            return null;
        try
        {
            var isAllowed = await limit.AllowsAsync(message);
            if (isAllowed)
                await channel.SendAsync(message, deliveryId, context.Cancellation);
            return new DeliveryRecord(
                message.NotificationId, time.GetUtcNow(), context.Attempt, isAllowed ? MessageStatus.Sent : MessageStatus.Failed)
            {
                IsSuppressed = !isAllowed,
            };
        }
        catch (Exception failure) when (!context.Cancellation.IsCancellationRequested)
        {
            LogNotSent(log, message.NotificationId, failure.Message);
            return null;
        }
        finally
        {
            if (takesTurn)
                turns.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "The mail of notification {NotificationId} could not be sent at once; the handler mail sends it: {Reason}")]
    private static partial void LogNotSent(ILogger log, Guid notificationId, string reason);
}
