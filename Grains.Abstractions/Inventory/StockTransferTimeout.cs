using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Inventory;

/// <summary>
/// A timer: at <paramref name="DueAt"/> a transfer goes on with a step that was interrupted. It may be delivered at any time and any number
/// of times.
/// </summary>
public sealed record StockTransferTimeout(Guid TransferId, DateTimeOffset DueAt) : IShopEvent
{
    /// <summary>The namespace of the transfers' timeouts; the key is the transfer's id.</summary>
    public const string StreamNamespace = "stock-transfer";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "stock-transfer.due";

    /// <inheritdoc/>
    [JsonIgnore] public DateTimeOffset? NotBefore => DueAt;

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, TransferId.ToString("N"));
}
