namespace SoonShop.Catalog;

/// <summary>Which products, in which order.</summary>
/// <param name="Text">Words to find, all of them; each may be a beginning, and typing errors are forgiven.</param>
/// <param name="Category">This category and those below it.</param>
/// <param name="Family">The variants of one family.</param>
/// <param name="MinPrice">Minor units, inclusive.</param>
/// <param name="MaxPrice">Minor units, inclusive.</param>
/// <param name="InStock">Only what can (true) or cannot (false) be had; null for all.</param>
/// <param name="Sort">Relevance needs words; without words it is by name.</param>
/// <param name="Page">Which page.</param>
[GenerateSerializer, Immutable, Alias("soonshop.product-query")]
public sealed record ProductQuery(
    string? Text, string? Category, string? Family, long? MinPrice, long? MaxPrice, bool? InStock, ProductSort Sort, PageRequest Page)
{
    /// <summary>Whose alphabet names are sorted by: <c>zh</c> (pinyin), or null for the order of all scripts that Unicode gives.</summary>
    [Id(0)] public string? Language { get; init; }
}

/// <summary>Orders of a product list.</summary>
[Alias("soonshop.product-sort")]
public enum ProductSort
{
    /// <summary>Best match first.</summary>
    Relevance,
    /// <summary>Cheapest first.</summary>
    PriceAscending,
    /// <summary>Dearest first.</summary>
    PriceDescending,
    /// <summary>Newest first.</summary>
    Newest,
    /// <summary>A to Z.</summary>
    Name,
}

/// <summary>A page of products with facets.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.product-page")]
public sealed record ProductPage(ImmutableArray<Product> Items, string? NextCursor, Facets Facets);

/// <summary>How the matches divide, before paging. Each facet leaves its own filter out, so that a shopper sees the other choices.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.facets")]
public sealed record Facets(ImmutableArray<CategoryFacet> Categories, ImmutableArray<PriceFacet> Prices);

/// <summary>Matches in one category.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.category-facet")]
public sealed record CategoryFacet(string Category, int Count);

/// <summary>Matches in one price band: <paramref name="From"/> inclusive, <paramref name="To"/> exclusive or null for no end; minor units.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.price-facet")]
public sealed record PriceFacet(long From, long? To, int Count);
