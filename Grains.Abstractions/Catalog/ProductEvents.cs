using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Catalog;

/// <summary>A product came into the catalogue.</summary>
public sealed record ProductCreated(string Sku, string Name, string Category, Money Price) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "product.created";
}

/// <summary>Anything but the price changed.</summary>
public sealed record ProductUpdated(string Sku, string Name, string Category) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "product.updated";
}

/// <summary>The price changed.</summary>
public sealed record ProductPriceChanged(string Sku, Money Before, Money After) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "product.price-changed";
}

/// <summary>The product is no longer on sale.</summary>
public sealed record ProductArchived(string Sku) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "product.archived";
}

/// <summary>An archived product is on sale again.</summary>
public sealed record ProductRestored(string Sku) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "product.restored";
}
