using System.Text.Json;
using System.Text.Json.Serialization;
using SoonShop.Events;
using SoonShop.Privacy;

namespace SoonShop.Notifications;

/// <summary>
/// A message is to be sent on one channel. Each channel has streams of its own, so that one that is down delays no other.
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
    string Key, Guid NotificationId, string Channel, NotificationKind Kind, Recipient To, NotificationDetails Details, DateTimeOffset At,
    string CausedBy) : IShopEvent
{
    /// <summary>
    /// True for a message about a guest's order, to which the limit <c>Notifications:Email:GuestMailsPerHour</c> applies.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool IsForGuest { get; init; }

    /// <summary>True for a message to an account whose e-mail address is not verified; the same limit applies to it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool IsUnproven { get; init; }

    /// <summary>The id of the message at the channel, the same at each attempt; null for the id of this event.</summary>
    public string? DeliveryId { get; init; }

    /// <summary>What the channels' stream namespaces begin with.</summary>
    public const string NamespacePrefix = "notification-";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "notification.due";

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new(NamespacePrefix + Channel, Key);
}

/// <summary>A channel accepted a message. The shop publishes none; event tables of earlier versions hold some.</summary>
public sealed record NotificationSent(Guid NotificationId, string Channel, NotificationKind Kind, int Attempts) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "notification.sent";
}

/// <summary>
/// A mail was not sent, because nobody has verified its address and the address reached <c>Notifications:Email:GuestMailsPerHour</c>.
/// </summary>
public sealed record NotificationSuppressed(Guid NotificationId, string Channel, NotificationKind Kind) : IShopEvent
{
    /// <summary>That of a message.</summary>
    public static NotificationSuppressed Of(NotificationDue message) => new(message.NotificationId, message.Channel, message.Kind);

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "notification.suppressed";
}

/// <summary>A channel refused a message for good, such as one to a mailbox that does not exist.</summary>
public sealed record NotificationFailed(
    Guid NotificationId, string Channel, NotificationKind Kind, int Attempts, [property: Personal] string Reason)
    : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "notification.failed";
}

/// <summary>The administrators are to be notified.</summary>
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
public sealed record WebhookDue(Guid EndpointId, string Key, WebhookPayload Event) : IShopEvent
{
    /// <summary>
    /// True for an event that is posted again on request. <see cref="Event"/> then has no data: it is read from the stored event when it is
    /// posted, so that no copy outlives an erasure.
    /// </summary>
    public bool IsStored { get; init; }

    /// <summary>The namespace of the webhooks' streams. Each customer's events for an endpoint are a stream, and stay in order.</summary>
    public const string StreamNamespace = "notification-webhook";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "notification.webhook-due";

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, $"{EndpointId:N}/{Key}");
}

/// <summary>An event as webhooks send it: the attributes of CloudEvents 1.0 with its data.</summary>
public sealed record WebhookPayload(
    string Id, string Source, string Type, string Subject, DateTimeOffset Time, long Sequence, string? CorrelationId, string? TraceParent,
    JsonElement Data);
