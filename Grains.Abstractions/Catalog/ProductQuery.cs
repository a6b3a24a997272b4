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

    /// <summary>Attributes that a product must have; null for none.</summary>
    [Id(1)] public AttributeFilters? Attributes { get; init; }

    /// <summary>True to count matches by attribute.</summary>
    [Id(2)] public bool WithAttributeFacets { get; init; }
}

/// <summary>
/// Attributes that a product must have: for each name one of its values. Names and values are compared exactly. Two filters are equal when
/// their items are.
/// </summary>
/// <param name="Items">Names with values. A name with several values appears several times.</param>
[GenerateSerializer, Immutable, Alias("soonshop.attribute-filters")]
public sealed record AttributeFilters(ImmutableArray<AttributeFilter> Items)
{
    /// <summary>The most items of one search.</summary>
    public const int MaxItems = 20;

    /// <inheritdoc/>
    public bool Equals(AttributeFilters? other) => other is not null && Items.SequenceEqual(other.Items);

    /// <inheritdoc/>
    public override int GetHashCode() => Items.Aggregate(0, HashCode.Combine);
}

/// <summary>One value that an attribute may have.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.attribute-filter")]
public sealed record AttributeFilter(string Name, string Value);

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
public sealed record Facets(ImmutableArray<CategoryFacet> Categories, ImmutableArray<PriceFacet> Prices)
{
    /// <summary>The most frequent attributes; null unless they were asked for.</summary>
    [Id(0)] public ImmutableArray<AttributeFacet>? Attributes { get; init; }
}

/// <summary>Matches by the values of one attribute.</summary>
/// <param name="Name">The attribute's name.</param>
/// <param name="Values">The most frequent values first, at most 50.</param>
[GenerateSerializer, Immutable, Alias("soonshop.attribute-facet")]
public sealed record AttributeFacet(string Name, ImmutableArray<AttributeValueFacet> Values)
{
    /// <summary>The most attributes of one search.</summary>
    public const int MaxNames = 20;

    /// <summary>The most values of one attribute.</summary>
    public const int MaxValues = 50;
}

/// <summary>Matches with one value of an attribute.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.attribute-value-facet")]
public sealed record AttributeValueFacet(string Value, int Count);

/// <summary>Matches in one category.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.category-facet")]
public sealed record CategoryFacet(string Category, int Count);

/// <summary>
/// Matches in one price band, in minor units. <c>from</c> is in the band, <c>to</c> is not; <c>to</c> is null when there is no upper bound.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.price-facet")]
public sealed record PriceFacet(long From, long? To, int Count);
