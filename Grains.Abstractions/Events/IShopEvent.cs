using System.Text.Json.Serialization;

namespace SoonShop.Events;

/// <summary>
/// Something that happened in the shop. It is committed in the same transaction as the state that it tells of, and is
/// the <c>data</c> of a CloudEvents 1.0 envelope in the event table.
/// </summary>
public interface IShopEvent
{
    /// <summary>The CloudEvents <c>type</c>: aggregate, a dot, what happened, such as <c>order.confirmed</c>.</summary>
    [JsonIgnore] string Type { get; }

    /// <summary>When the event is to reach its handlers; null means at once. A scheduled event is as durable as any other.</summary>
    [JsonIgnore] DateTimeOffset? NotBefore => null;

    /// <summary>The stream that the event goes to; null means that of its aggregate (its name, and whom the state concerns).</summary>
    [JsonIgnore] EventStream? Stream => null;
}

/// <summary>A stream of events: the namespace that handlers subscribe to, and the key that orders them and names the handler's grain.</summary>
public readonly record struct EventStream(string Namespace, string Key);
