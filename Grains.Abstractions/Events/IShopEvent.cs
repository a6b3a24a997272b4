using System.Text.Json.Serialization;

namespace SoonShop.Events;

/// <summary>
/// An event of the shop. It is committed in the same transaction as the state that it is about, and is the <c>data</c> of a CloudEvents 1.0
/// envelope in the event table.
/// </summary>
public interface IShopEvent
{
    /// <summary>The CloudEvents <c>type</c>: the aggregate, a dot and what happened, such as <c>order.confirmed</c>.</summary>
    [JsonIgnore] string Type { get; }

    /// <summary>When the event becomes due for its handlers; null for at once. A scheduled event is as durable as any other.</summary>
    [JsonIgnore] DateTimeOffset? NotBefore => null;

    /// <summary>The event's stream; null for the aggregate's stream (its name, and the id of the customer or the SKU).</summary>
    [JsonIgnore] EventStream? Stream => null;
}

/// <summary>
/// A stream of events: the namespace that handlers subscribe to, and the key that orders events and is the handler's grain key.
/// </summary>
public readonly record struct EventStream(string Namespace, string Key);
