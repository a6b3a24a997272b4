using System.Text.Json.Serialization;

namespace SoonShop.Catalog;

/// <summary>What an administrator writes of a product.</summary>
/// <param name="Name">1–200 characters.</param>
/// <param name="Description">Up to 5,000 characters.</param>
/// <param name="Category">A slug of one to four levels: <c>kitchen/drinkware</c>.</param>
/// <param name="Family">The slug that variants share; null for a single product.</param>
/// <param name="Price">In the shop's currency, 0–<see cref="MaxPrice"/> minor units.</param>
/// <param name="Attributes">Up to 50, such as <c>colour: blue</c>.</param>
/// <param name="Images">Up to 20 absolute http(s) URLs.</param>
/// <param name="Active">False takes it out of sale; a product that has never been on sale is a draft.</param>
[GenerateSerializer, Immutable, Alias("soonshop.product-content")]
public sealed record ProductContent(
    string Name, string Description, string Category, string? Family, Money Price,
    IReadOnlyDictionary<string, string> Attributes, ImmutableArray<string> Images, bool Active = true)
{
    /// <summary>The highest price, in minor units: a cart of 100 lines of 999 units stays below <see cref="Money.MaxAmount"/>.</summary>
    public const long MaxPrice = 1_000_000_000;
}

/// <summary>A product as the shop shows it.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.product-view")]
public sealed record Product(
    string Sku, string Name, string Description, string Category, string? Family, Money Price,
    IReadOnlyDictionary<string, string> Attributes, ImmutableArray<string> Images, bool Active, Availability Availability)
{
    /// <summary>Counts the changes; the ETag.</summary>
    [Id(0), JsonIgnore] public int Version { get; init; }

    /// <summary>Counts the changes of its stock; 0 where that was not looked up.</summary>
    [Id(1), JsonIgnore] public int StockVersion { get; init; }

    /// <summary>True while it has never been on sale: only administrators may know of it.</summary>
    [Id(2), JsonIgnore] public bool IsDraft { get; init; }
}

/// <summary>Whether a product can be had.</summary>
[Alias("soonshop.availability")]
public enum Availability
{
    /// <summary>More than the low-stock threshold.</summary>
    InStock,
    /// <summary>At or below the threshold, but some.</summary>
    LowStock,
    /// <summary>None, or not on sale.</summary>
    OutOfStock,
}

/// <summary>What a cart or an order needs to know of a product.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.offer")]
public sealed record PriceOffer(string Sku, string Name, Money Price, bool Active)
{
    /// <summary>True while the product has never been on sale: for buyers there is none.</summary>
    [Id(0)] public bool IsDraft { get; init; }
}
