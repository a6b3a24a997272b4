using Microsoft.Extensions.Logging;
using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>
/// Sends mail about a guest's order while the event that it tells of is handled. A guest has neither inbox nor preferences, so that nothing
/// else is to be kept: one write then notes the event as handled and the mail as sent. What cannot be sent at once becomes due for
/// the mail's own handler, whose retries and dead letters it then has, under the same delivery id.
/// </summary>
internal sealed partial class GuestMail(
    IEnumerable<INotificationChannel> channels, UnprovenMailLimit limit, TimeProvider time, ILogger<GuestMail> log)
{
    /// <summary>
    /// Mails that this silo sends so at a time. Few of the attempts that a lane has under way (<see cref="LaneOptions.AttemptsAtATime"/>):
    /// while the mail server is slow, accounts' notifications and webhooks go on.
    /// </summary>
    internal const int MaxAtATime = 16;

    /// <summary>How long a message waits for its turn: a burst passes, and a slow mail server does not.</summary>
    internal static readonly TimeSpan CallTimeout = TimeSpan.FromMilliseconds(100);

    private readonly INotificationChannel? channel = channels.FirstOrDefault(c => c.Name == ChannelName.Email);
    private readonly SemaphoreSlim turns = new(MaxAtATime);

    /// <summary>What became of the message; null when it is to be left to the mail's own handler.</summary>
    /// <exception cref="OperationCanceledException">The attempt's time is over, and what becomes of the message is not known yet.</exception>
    public async Task<DeliveryRecord?> TrySendAsync(NotificationDue message, EventContext context)
    {
        if (message is not { Channel: ChannelName.Email, DeliveryId: { } deliveryId } || channel is null)
            return null;
        // What an earlier attempt may be sending still needs none: only here the channel knows what becomes of it.
        var takesTurn = context.Attempt == 1;
        if (takesTurn && !await turns.WaitAsync(CallTimeout, context.Cancellation))
            return null;
        try
        {
            var isAllowed = await limit.AllowsAsync(message);
            if (isAllowed)
                await channel.SendAsync(message, deliveryId, context.Cancellation);
            return new DeliveryRecord(message.NotificationId, time.GetUtcNow(), context.Attempt, isAllowed ? MessageStatus.Sent : MessageStatus.Failed)
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

    [LoggerMessage(Level = LogLevel.Information, Message = "The mail of the notification {NotificationId} could not be sent at once; handler mail tries it: {Reason}")]
    private static partial void LogNotSent(ILogger log, Guid notificationId, string reason);
}
