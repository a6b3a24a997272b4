namespace SoonShop.Catalog;

/// <summary>A search for products.</summary>
/// <param name="Text">Words that must all match. Each may be a prefix, and typing errors are tolerated.</param>
/// <param name="Category">A category, including its subcategories.</param>
/// <param name="Family">A family of variants.</param>
/// <param name="MinPrice">The lowest price in minor units, inclusive.</param>
/// <param name="MaxPrice">The highest price in minor units, inclusive.</param>
/// <param name="InStock">True for available products, false for unavailable ones; null for all.</param>
/// <param name="Sort">The order. Relevance requires words; without words the order is by name.</param>
/// <param name="Page">The page.</param>
[GenerateSerializer, Immutable, Alias("soonshop.product-query")]
public sealed record ProductQuery(
    string? Text, string? Category, string? Family, long? MinPrice, long? MaxPrice, bool? InStock, ProductSort Sort, PageRequest Page)
{
    /// <summary>The language whose collation sorts names: <c>zh</c> (pinyin), or null for the Unicode collation.</summary>
    [Id(0)] public string? Language { get; init; }
}

/// <summary>Orders of a product list.</summary>
[Alias("soonshop.product-sort")]
public enum ProductSort
{
    /// <summary>Best match first.</summary>
    Relevance,
    /// <summary>Lowest price first.</summary>
    PriceAscending,
    /// <summary>Highest price first.</summary>
    PriceDescending,
    /// <summary>Newest first.</summary>
    Newest,
    /// <summary>A to Z.</summary>
    Name,
}

/// <summary>A page of products with facets.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.product-page")]
public sealed record ProductPage(ImmutableArray<Product> Items, string? NextCursor, Facets Facets);

/// <summary>The counts of matches, before paging. Each facet ignores its own filter, so that a shopper sees the other choices.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.facets")]
public sealed record Facets(ImmutableArray<CategoryFacet> Categories, ImmutableArray<PriceFacet> Prices);

/// <summary>Matches in one category.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.category-facet")]
public sealed record CategoryFacet(string Category, int Count);

/// <summary>
/// Matches in one price band, in minor units. <c>from</c> is in the band, <c>to</c> is not; <c>to</c> is null when there is no upper bound.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.price-facet")]
public sealed record PriceFacet(long From, long? To, int Count);
