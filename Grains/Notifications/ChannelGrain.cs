using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>
/// Sends one user's messages on one channel, and remembers what was sent. A message is recorded as sent right after the channel accepted
/// it. If the process dies in between, it is sent once more with the same delivery id.
/// </summary>
internal abstract partial class ChannelGrain(
    IPersistentState<StateEnvelope<DeliveryLog>> storage, TimeProvider time, string channelName, IEnumerable<INotificationChannel> channels,
    IMailedSecrets secrets, BusinessMetrics metrics, ILogger log)
    : EventHandlerGrain<DeliveryLog>(storage, time), IHandle<NotificationDue>, IDeliveryLog
{
    private readonly INotificationChannel? channel = channels.FirstOrDefault(c => c.Name == channelName);

    private DeliveryLog Mine => State ?? DeliveryLog.Empty;

    Task<ImmutableArray<DeliveryRecord>> IDeliveryLog.FindAsync(ImmutableArray<Guid> notificationIds) =>
        Task.FromResult<ImmutableArray<DeliveryRecord>>([.. Mine.Recent.Where(r => notificationIds.Contains(r.NotificationId))]);

    Task IDeliveryLog.EraseAsync() => Mine.IsErased ? Task.CompletedTask : CommitAsync(DeliveryLog.Gone, []);

    public async Task HandleAsync(NotificationDue e, EventContext context)
    {
        if (Mine.IsErased || Mine.Find(e.NotificationId) is { Status: MessageStatus.Sent } or { IsSuppressed: true })
            return;
        if (channel is null)
            throw new HandlingException(
                ErrorClass.Permanent, $"The channel {channelName} is switched off in the configuration. Switch it on, then replay.");
        if (!await MayGoOutAsync(e))
        {
            await CommitAsync(
                Mine.With(new DeliveryRecord(e.NotificationId, Now, context.Attempt, MessageStatus.Failed) { IsSuppressed = true }),
                [NotificationSuppressed.Of(e)]);
            if (e.Details.Token is not null)
                await EraseSecretAsync(e, context);
            return;
        }
        try
        {
            await channel.SendAsync(e, e.DeliveryId ?? context.EventId, context.Cancellation);
        }
        catch (HandlingException failure) when (failure.Class == ErrorClass.Permanent)
        {
            // The failure is recorded once; a failed replay changes nothing.
            if (Mine.Find(e.NotificationId) is null)
            {
                await CommitProgressAsync(
                    Mine.With(new DeliveryRecord(e.NotificationId, Now, context.Attempt, MessageStatus.Failed)),
                    new NotificationFailed(e.NotificationId, e.Channel, e.Kind, context.Attempt, failure.Message));
            }
            throw;
        }
        await CommitAsync(Mine.With(new DeliveryRecord(e.NotificationId, Now, context.Attempt, MessageStatus.Sent)), []);
        metrics.Sent(e.Channel);
        if (e.Details.Token is not null)
            await EraseSecretAsync(e, context);
    }

    /// <summary>
    /// Returns false for a message that must not be sent. Called at each attempt; the result for one message is always the same.
    /// </summary>
    protected virtual ValueTask<bool> MayGoOutAsync(NotificationDue message) => new(true);

    /// <summary>Erases a mailed token from the events. A failure is not retried, because the token expires by itself.</summary>
    private async Task EraseSecretAsync(NotificationDue e, EventContext context)
    {
        try
        {
            await secrets.EraseAsync([e.CausedBy, context.EventId], context.Cancellation);
        }
        catch (Exception failure)
        {
            LogNotErased(log, e.CausedBy, failure.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The token that was mailed for {EventId} could not be erased from the event table. It stays there until the event is "
            + "removed: {Reason}")]
    private static partial void LogNotErased(ILogger log, string eventId, string reason);
}

/// <summary>Tells what was sent to a user on a channel.</summary>
[Alias("soonshop.delivery-log")]
internal interface IDeliveryLog : IGrain
{
    /// <summary>Returns the outcome of these notifications, as far as it is remembered. Pending ones are missing.</summary>
    [Alias("find"), AlwaysInterleave]
    Task<ImmutableArray<DeliveryRecord>> FindAsync(ImmutableArray<Guid> notificationIds);

    /// <summary>Forgets what was sent, and sends no further messages. Idempotent.</summary>
    [Alias("erase")]
    Task EraseAsync();
}

/// <summary>The outcomes of the latest messages to a user on a channel.</summary>
public sealed record DeliveryLog
{
    /// <summary>The most messages that are remembered.</summary>
    public const int MaxRecords = NotificationState.MaxEntries;

    /// <summary>A log without messages.</summary>
    public static DeliveryLog Empty { get; } = new();

    /// <summary>The log of an erased user.</summary>
    public static DeliveryLog Gone { get; } = new() { IsErased = true };

    /// <summary>True when the user was erased. Late messages are dropped.</summary>
    public bool IsErased { get; init; }

    /// <summary>The latest messages, newest first.</summary>
    public ImmutableArray<DeliveryRecord> Recent { get; init; } = [];

    /// <summary>Returns the outcome of a notification; null while it is pending, and when it is no longer remembered.</summary>
    public DeliveryRecord? Find(Guid notificationId) => Recent.FirstOrDefault(r => r.NotificationId == notificationId);

    /// <summary>Returns the log with one more outcome.</summary>
    public DeliveryLog With(DeliveryRecord record) => this with
    {
        Recent = [record, .. Recent.Where(r => r.NotificationId != record.NotificationId).Take(MaxRecords - 1)],
    };
}

/// <summary>The outcome of a message.</summary>
/// <param name="NotificationId">The notification.</param>
/// <param name="At">The time.</param>
/// <param name="Attempts">The number of attempts.</param>
/// <param name="Status">The outcome: sent or failed.</param>
[GenerateSerializer, Immutable, Alias("soonshop.delivery-record")]
public sealed record DeliveryRecord(Guid NotificationId, DateTimeOffset At, int Attempts, MessageStatus Status)
{
    /// <summary>True for a message that was never sent because its recipient has reached a limit; it counts as failed.</summary>
    [Id(0)] public bool IsSuppressed { get; init; }
}
