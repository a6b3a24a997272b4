using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Orders;

/// <summary>
/// A timer: at <paramref name="DueAt"/> a draft order completes its sending if that was interrupted. It may be delivered at any time and
/// any number of times.
/// </summary>
public sealed record DraftOrderSendDue(Guid DraftId, DateTimeOffset DueAt) : IShopEvent
{
    /// <summary>The CloudEvents type.</summary>
    public const string EventType = "draft-order.send-due";

    /// <summary>The namespace of its streams; the key is the draft's id.</summary>
    public const string StreamNamespace = "draft-order-send";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => EventType;

    /// <inheritdoc/>
    [JsonIgnore] public DateTimeOffset? NotBefore => DueAt;

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, DraftId.ToString("N"));
}
