using System.Text.Json;
using System.Text.Json.Serialization;
using SoonShop.Events;
using SoonShop.Privacy;

namespace SoonShop.Notifications;

/// <summary>
/// A message is to go out on one channel. It is committed together with the notification itself, and each channel has a
/// stream of its own: what one cannot send now delays no other.
/// </summary>
/// <param name="Key">The user's id, or a guest's cart id, without dashes: the key of the stream.</param>
/// <param name="NotificationId">The notification.</param>
/// <param name="Channel">See <see cref="ChannelName"/>.</param>
/// <param name="Kind">What it tells.</param>
/// <param name="To">Whom it goes to.</param>
/// <param name="Details">What it mentions.</param>
/// <param name="At">When what it tells of happened.</param>
/// <param name="CausedBy">The id of the event that it tells of.</param>
public sealed record NotificationDue(
    string Key, Guid NotificationId, string Channel, NotificationKind Kind, Recipient To, NotificationDetails Details, DateTimeOffset At, string CausedBy) : IShopEvent
{
    /// <summary>
    /// True for a message about a guest's order, to an address that nobody has proven: the limit of mails to one address holds for it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool IsForGuest { get; init; }

    /// <summary>
    /// The id under which the channel is given the message at each attempt, where it may have been given to it before it was due; null for
    /// this event's own id.
    /// </summary>
    public string? DeliveryId { get; init; }

    /// <summary>What the channels' stream namespaces begin with.</summary>
    public const string NamespacePrefix = "notification-";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "notification.due";

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new(NamespacePrefix + Channel, Key);
}

/// <summary>
/// A channel has taken a message over: the mail server accepted it. Not published any more, since nobody handles it: the channel's own
/// state says so. Event tables still hold those of earlier versions.
/// </summary>
public sealed record NotificationSent(Guid NotificationId, string Channel, NotificationKind Kind, int Attempts) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "notification.sent";
}

/// <summary>
/// A message to a guest was held back: its address has had as many in the last hour as the shop sends to one that nobody has proven.
/// </summary>
public sealed record NotificationSuppressed(Guid NotificationId, string Channel, NotificationKind Kind) : IShopEvent
{
    /// <summary>That of a message.</summary>
    public static NotificationSuppressed Of(NotificationDue message) => new(message.NotificationId, message.Channel, message.Kind);

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "notification.suppressed";
}

/// <summary>A channel will never take a message, such as one to a mailbox that does not exist.</summary>
public sealed record NotificationFailed(Guid NotificationId, string Channel, NotificationKind Kind, int Attempts, [property: Personal] string Reason) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "notification.failed";
}

/// <summary>
/// The administrators are to be told something. It is committed together with what it tells of, and has streams of its own, so
/// that customers' streams have no handler more.
/// </summary>
/// <param name="Key">The key of the stream: what it is about.</param>
/// <param name="Kind">What it tells.</param>
/// <param name="Details">What it mentions.</param>
/// <param name="At">When it happened.</param>
public sealed record AlertDue(string Key, NotificationKind Kind, NotificationDetails Details, DateTimeOffset At) : IShopEvent
{
    /// <summary>The namespace of the alerts' streams.</summary>
    public const string StreamNamespace = "alert";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "notification.alert-due";

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, Key);
}

/// <summary>An event is to be posted to a webhook endpoint.</summary>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="Key">The key of the stream that the event came on.</param>
/// <param name="Event">The event.</param>
public sealed record WebhookDue(Guid EndpointId, string Key, PublishedEvent Event) : IShopEvent
{
    /// <summary>The namespace of the webhooks' streams. Each customer's events for an endpoint are a stream, and stay in order.</summary>
    public const string StreamNamespace = "notification-webhook";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "notification.webhook-due";

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, $"{EndpointId:N}/{Key}");
}

/// <summary>An event as others see it: the attributes of CloudEvents 1.0 with its data.</summary>
public sealed record PublishedEvent(
    string Id, string Source, string Type, string Subject, DateTimeOffset Time, long Sequence, string? CorrelationId, string? TraceParent, JsonElement Data);
