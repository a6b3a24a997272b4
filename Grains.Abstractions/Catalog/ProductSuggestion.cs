namespace SoonShop.Catalog;

/// <summary>A request for suggestions.</summary>
/// <param name="Text">What was typed so far.</param>
/// <param name="Limit">The most suggestions.</param>
[GenerateSerializer, Immutable, Alias("soonshop.suggestion-query")]
public sealed record SuggestionQuery(string Text, int Limit)
{
    /// <summary>The longest text, in characters.</summary>
    public const int MaxTextLength = 64;

    /// <summary>The most suggestions.</summary>
    public const int MaxLimit = 20;

    /// <summary>The number of suggestions by default.</summary>
    public const int DefaultLimit = 8;
}

/// <summary>Suggestions for what was typed so far.</summary>
/// <param name="Items">Categories first, then products.</param>
[GenerateSerializer, Immutable, Alias("soonshop.suggestions")]
public sealed record Suggestions(ImmutableArray<Suggestion> Items);

/// <summary>A suggestion.</summary>
/// <param name="Text">The name of the product, or the category as products have it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Sku">The stock keeping unit of the product; null for a category.</param>
[GenerateSerializer, Immutable, Alias("soonshop.suggestion")]
public sealed record Suggestion(string Text, SuggestionKind Kind, string? Sku);

/// <summary>What is suggested.</summary>
[Alias("soonshop.suggestion-kind")]
public enum SuggestionKind
{
    /// <summary>A product on sale.</summary>
    Product,
    /// <summary>A category with products on sale, or one above it.</summary>
    Category,
}

/// <summary>A request for related products.</summary>
/// <param name="Sku">The normalized stock keeping unit.</param>
/// <param name="Limit">The most products.</param>
[GenerateSerializer, Immutable, Alias("soonshop.related-query")]
public sealed record RelatedQuery(string Sku, int Limit)
{
    /// <summary>The most products.</summary>
    public const int MaxLimit = 20;

    /// <summary>The number of products by default.</summary>
    public const int DefaultLimit = 8;
}

/// <summary>Products that are related to another one.</summary>
/// <param name="Items">Those that were bought together with it first, the most often bought before the others.</param>
[GenerateSerializer, Immutable, Alias("soonshop.related-products")]
public sealed record RelatedProducts(ImmutableArray<Product> Items);
