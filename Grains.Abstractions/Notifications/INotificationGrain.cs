namespace SoonShop.Notifications;

/// <summary>
/// A user's notifications and how the user wants to be reached. Keyed by the user's id; a guest's, which has no inbox, by the
/// cart's. It makes notifications of the events that concern the user.
/// </summary>
[Alias("soonshop.notifications")]
public interface INotificationGrain : IGrainWithGuidKey
{
    /// <summary>One page, newest first. Refused: <c>validation-failed</c> for a cursor that is none.</summary>
    [Alias("list")]
    Task<Result<NotificationPage>> ListAsync(bool unreadOnly, PageRequest page);

    /// <summary>Marks one as read. Idempotent. Refused: <c>not-found</c>.</summary>
    [Alias("mark-read")]
    Task<Result<Done>> MarkReadAsync(Guid notificationId);

    /// <summary>Marks all as read. Idempotent.</summary>
    [Alias("mark-all-read")]
    Task MarkAllReadAsync();

    /// <summary>Each kind's channels, and whether they are on.</summary>
    [Alias("get-preferences")]
    Task<NotificationPreferences> GetPreferencesAsync();

    /// <summary>
    /// Replaces the preferences; what is not named takes its default. Idempotent. Refused: <c>validation-failed</c> for unknown kinds
    /// and channels, and for switching off mail that the user must get.
    /// </summary>
    [Alias("set-preferences")]
    Task<Result<NotificationPreferences>> SetPreferencesAsync(ImmutableArray<NotificationChoice> choices);

    /// <summary>Forgets inbox, preferences and what was sent; the user is told nothing any more. Idempotent.</summary>
    [Alias("erase")]
    Task EraseAsync();

    /// <summary>Tells the user something that stands on no stream of the user's. Idempotent by event id.</summary>
    [Alias("tell")]
    Task NotifyAsync(string eventId, DateTimeOffset at, NotificationKind kind, NotificationDetails details);
}

/// <summary>One wish: a kind on a channel, or not. Names as the API writes them, unchecked.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.notification-choice")]
public sealed record NotificationChoice(string Kind, string Channel, bool Enabled);

/// <summary>How a user wants to be reached.</summary>
/// <param name="Preferences">By kind and channel.</param>
/// <param name="Required">By kind, the channels that cannot be switched off.</param>
[GenerateSerializer, Immutable, Alias("soonshop.notification-preferences")]
public sealed record NotificationPreferences(
    IReadOnlyDictionary<string, Dictionary<string, bool>> Preferences, IReadOnlyDictionary<string, string[]> Required);

/// <summary>One page of notifications.</summary>
/// <param name="Items">At most as many as were asked for.</param>
/// <param name="NextCursor">Opaque; give it back to read on. Null at the end.</param>
/// <param name="UnreadCount">Unread ones on all pages.</param>
[GenerateSerializer, Immutable, Alias("soonshop.notification-page")]
public sealed record NotificationPage(ImmutableArray<Notification> Items, string? NextCursor, int UnreadCount);

/// <summary>A notification in the inbox, in the words of the moment it was made.</summary>
/// <param name="Id">The id.</param>
/// <param name="Kind">What it tells.</param>
/// <param name="Title">One line.</param>
/// <param name="Text">Some sentences.</param>
/// <param name="OrderId">The order that it tells of.</param>
/// <param name="At">When what it tells of happened.</param>
/// <param name="Read">Whether it was marked as read.</param>
/// <param name="Channels">How it went out beside the inbox.</param>
[GenerateSerializer, Immutable, Alias("soonshop.notification")]
public sealed record Notification(
    Guid Id, NotificationKind Kind, string Title, string Text, Guid? OrderId, DateTimeOffset At, bool Read, ImmutableArray<NotificationDelivery> Channels);

/// <summary>How a notification fared on a channel.</summary>
/// <param name="Channel">See <see cref="ChannelName"/>.</param>
/// <param name="Status">How far it is.</param>
/// <param name="At">When it was sent or given up.</param>
/// <param name="Attempts">How many times it was tried.</param>
[GenerateSerializer, Immutable, Alias("soonshop.notification-delivery")]
public sealed record NotificationDelivery(string Channel, MessageStatus Status, DateTimeOffset? At, int? Attempts);

/// <summary>How far a message on a channel is.</summary>
[Alias("soonshop.message-status")]
public enum MessageStatus
{
    /// <summary>Not taken over yet; it is being tried.</summary>
    Pending,
    /// <summary>The channel has taken it over.</summary>
    Sent,
    /// <summary>The channel will never take it.</summary>
    Failed,
}
