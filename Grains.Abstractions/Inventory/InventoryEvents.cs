using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Inventory;

/// <summary>An administrator changed the units on hand.</summary>
public sealed record InventoryAdjusted(string Sku, int Delta, string Reason, string? Reference, int OnHand, int Reserved) : IShopEvent
{
    /// <summary>The location; null for the default one.</summary>
    public string? Location { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "inventory.adjusted";
}

/// <summary>The available units fell to the low-stock threshold or below.</summary>
public sealed record InventoryLowStock(string Sku, int Available, int Threshold) : IShopEvent
{
    /// <summary>The location; null for the default one.</summary>
    public string? Location { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "inventory.low-stock";
}

/// <summary>The available units are above the low-stock threshold again, because units arrived or the threshold was lowered.</summary>
public sealed record InventoryNoLongerLow(string Sku, int Available, int Threshold) : IShopEvent
{
    /// <summary>The location; null for the default one.</summary>
    public string? Location { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "inventory.no-longer-low";
}

/// <summary>The last available unit was reserved or removed.</summary>
public sealed record InventoryOutOfStock(string Sku) : IShopEvent
{
    /// <summary>The location; null for the default one.</summary>
    public string? Location { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "inventory.out-of-stock";
}

/// <summary>Units are available again after there were none.</summary>
public sealed record InventoryBackInStock(string Sku, int Available) : IShopEvent
{
    /// <summary>The location; null for the default one.</summary>
    public string? Location { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "inventory.back-in-stock";
}
