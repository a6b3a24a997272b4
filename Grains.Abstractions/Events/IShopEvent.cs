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
}
