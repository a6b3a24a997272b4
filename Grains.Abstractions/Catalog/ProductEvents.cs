using System.Text.Json.Serialization;
using SoonShop.Events;
using SoonShop.Pricing;

namespace SoonShop.Catalog;

/// <summary>A product was created.</summary>
public sealed record ProductCreated(string Sku, string Name, string Category, Money Price) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "product.created";
}

/// <summary>A product was changed in anything but its price.</summary>
public sealed record ProductUpdated(string Sku, string Name, string Category) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "product.updated";
}

/// <summary>The price of a product changed.</summary>
public sealed record ProductPriceChanged(string Sku, Money Before, Money After) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "product.price-changed";
}

/// <summary>The prices of a product in other currencies, in price lists or for larger quantities changed.</summary>
public sealed record ProductPricesChanged(string Sku, ImmutableArray<ProductPrice> Prices) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "product.prices-changed";
}

/// <summary>A product was taken out of sale.</summary>
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

/// <summary>A product group was created or changed.</summary>
public sealed record ProductGroupChanged(string Id, string Name) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "product-group.changed";
}

/// <summary>The content of a product group was removed.</summary>
public sealed record ProductGroupRemoved(string Id) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "product-group.removed";
}
