using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>
/// Sends one user's messages on one channel, and remembers what was sent. A message is recorded as sent right after the channel took it
/// over; if the process dies in between, it is sent once more under the same delivery id.
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
            throw new HandlingException(ErrorClass.Permanent, $"The channel {channelName} is switched off in the configuration. Switch it on, then replay.");
        if (!await MayGoOutAsync(e))
        {
            await CommitAsync(
                Mine.With(new DeliveryRecord(e.NotificationId, Now, context.Attempt, MessageStatus.Failed) { IsSuppressed = true }),
                [NotificationSuppressed.Of(e)]);
            return;
        }
        try
        {
            await channel.SendAsync(e, e.DeliveryId ?? context.EventId, context.Cancellation);
        }
        catch (HandlingException failure) when (failure.Class == ErrorClass.Permanent)
        {
            // Told once; a replay that fails again is no news.
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
    /// False for a message that is held back for good. Asked at each attempt; the answer to one message is the same each time.
    /// </summary>
    protected virtual ValueTask<bool> MayGoOutAsync(NotificationDue message) => new(true);

    /// <summary>What fails here is not tried again: the token runs out by itself.</summary>
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The token that was mailed for {EventId} could not be erased from the event table and stays there until it is removed with the event: {Reason}")]
    private static partial void LogNotErased(ILogger log, string eventId, string reason);
}

/// <summary>Knows what was sent to a user on a channel.</summary>
[Alias("soonshop.delivery-log")]
internal interface IDeliveryLog : IGrain
{
    /// <summary>What became of these notifications, as far as it is still known; those that are still being tried are missing.</summary>
    [Alias("find"), AlwaysInterleave]
    Task<ImmutableArray<DeliveryRecord>> FindAsync(ImmutableArray<Guid> notificationIds);

    /// <summary>Forgets what was sent; nothing is sent any more. Idempotent.</summary>
    [Alias("erase")]
    Task EraseAsync();
}

/// <summary>What became of the last messages to a user on a channel.</summary>
public sealed record DeliveryLog
{
    /// <summary>Messages that are remembered.</summary>
    public const int MaxRecords = NotificationState.MaxEntries;

    /// <summary>Nothing sent yet.</summary>
    public static DeliveryLog Empty { get; } = new();

    /// <summary>Of a user who was erased.</summary>
    public static DeliveryLog Gone { get; } = new() { IsErased = true };

    /// <summary>True when the user was erased: messages that come late are dropped.</summary>
    public bool IsErased { get; init; }

    /// <summary>Newest first.</summary>
    public ImmutableArray<DeliveryRecord> Recent { get; init; } = [];

    /// <summary>What became of a notification; null while it is being tried, and when that is long ago.</summary>
    public DeliveryRecord? Find(Guid notificationId) => Recent.FirstOrDefault(r => r.NotificationId == notificationId);

    /// <summary>With what became of one.</summary>
    public DeliveryLog With(DeliveryRecord record) => this with
    {
        Recent = [record, .. Recent.Where(r => r.NotificationId != record.NotificationId).Take(MaxRecords - 1)],
    };
}

/// <summary>What became of a message.</summary>
/// <param name="NotificationId">The notification.</param>
/// <param name="At">When.</param>
/// <param name="Attempts">At which attempt.</param>
/// <param name="Status">Sent or failed.</param>
[GenerateSerializer, Immutable, Alias("soonshop.delivery-record")]
public sealed record DeliveryRecord(Guid NotificationId, DateTimeOffset At, int Attempts, MessageStatus Status)
{
    /// <summary>True for one that was never tried, because its reader has had too many; it counts as failed.</summary>
    [Id(0)] public bool IsSuppressed { get; init; }
}
