namespace SoonShop.Notifications;

/// <summary>
/// A user's notifications and preferences. Keyed by the user's id, or by the cart's id for a guest, who has no inbox. It creates
/// notifications from the events that concern the user.
/// </summary>
[Alias("soonshop.notifications")]
public interface INotificationGrain : IGrainWithGuidKey
{
    /// <summary>Lists notifications, newest first, one page at a time. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("list")]
    Task<Result<NotificationPage>> ListAsync(bool unreadOnly, PageRequest page);

    /// <summary>Marks one as read. Idempotent. Error: <c>not-found</c>.</summary>
    [Alias("mark-read")]
    Task<Result<Done>> MarkReadAsync(Guid notificationId);

    /// <summary>Marks all as read. Idempotent.</summary>
    [Alias("mark-all-read")]
    Task MarkAllReadAsync();

    /// <summary>Returns each kind's channels, and whether they are enabled.</summary>
    [Alias("get-preferences")]
    Task<NotificationPreferences> GetPreferencesAsync();

    /// <summary>
    /// Replaces the preferences. Kinds and channels that are not included get their defaults. Idempotent. Error: <c>validation-failed</c>
    /// for unknown kinds and channels, and for disabling required mail.
    /// </summary>
    [Alias("set-preferences")]
    Task<Result<NotificationPreferences>> SetPreferencesAsync(ImmutableArray<NotificationChoice> choices);

    /// <summary>Erases the inbox, the preferences and the record of sent messages. The user gets no further messages. Idempotent.</summary>
    [Alias("erase")]
    Task EraseAsync();

    /// <summary>Notifies the user of an event that is not on one of the user's streams. Idempotent by event id.</summary>
    [Alias("tell")]
    Task NotifyAsync(string eventId, DateTimeOffset at, NotificationKind kind, NotificationDetails details);
}

/// <summary>Enables or disables a kind on a channel. The names are those of the API, not validated.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.notification-choice")]
public sealed record NotificationChoice(string Kind, string Channel, bool Enabled);

/// <summary>A user's preferences for notifications.</summary>
/// <param name="Preferences">Whether a kind is enabled on a channel, by kind and channel.</param>
/// <param name="Required">By kind, the channels that cannot be disabled.</param>
[GenerateSerializer, Immutable, Alias("soonshop.notification-preferences")]
public sealed record NotificationPreferences(
    IReadOnlyDictionary<string, Dictionary<string, bool>> Preferences, IReadOnlyDictionary<string, string[]> Required);

/// <summary>One page of notifications.</summary>
/// <param name="Items">The notifications, at most as many as requested.</param>
/// <param name="NextCursor">An opaque cursor for the next page; null at the end.</param>
/// <param name="UnreadCount">The number of unread notifications on all pages.</param>
[GenerateSerializer, Immutable, Alias("soonshop.notification-page")]
public sealed record NotificationPage(ImmutableArray<Notification> Items, string? NextCursor, int UnreadCount);

/// <summary>A notification in the inbox, with the texts from when it was created.</summary>
/// <param name="Id">The id.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Title">The title, on one line.</param>
/// <param name="Text">The text, some sentences.</param>
/// <param name="OrderId">The order that it concerns.</param>
/// <param name="At">The time of the event.</param>
/// <param name="Read">True when it is marked as read.</param>
/// <param name="Channels">The channels on which it was sent, besides the inbox.</param>
[GenerateSerializer, Immutable, Alias("soonshop.notification")]
public sealed record Notification(
    Guid Id, NotificationKind Kind, string Title, string Text, Guid? OrderId, DateTimeOffset At, bool Read,
    ImmutableArray<NotificationDelivery> Channels);

/// <summary>The delivery of a notification on a channel.</summary>
/// <param name="Channel">The channel's name, such as <c>email</c>. <c>inbox</c> is not listed.</param>
/// <param name="Status">The status.</param>
/// <param name="At">When it was sent or failed.</param>
/// <param name="Attempts">The number of attempts.</param>
[GenerateSerializer, Immutable, Alias("soonshop.notification-delivery")]
public sealed record NotificationDelivery(string Channel, MessageStatus Status, DateTimeOffset? At, int? Attempts);

/// <summary>The status of a message on a channel.</summary>
[Alias("soonshop.message-status")]
public enum MessageStatus
{
    /// <summary>The channel has not accepted it yet; attempts continue.</summary>
    Pending,
    /// <summary>The channel has accepted it.</summary>
    Sent,
    /// <summary>The channel will never accept it.</summary>
    Failed,
}
