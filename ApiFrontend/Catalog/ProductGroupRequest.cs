using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Media;
using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>What the variants of a product have in common. It replaces the stored content.</summary>
public record ProductGroupRequest
{
    /// <summary>The name without the variant.</summary>
    [RequiredField, TextLength(255, MinimumLength = 1), Line] public string? Name { get; init; }

    /// <summary>The description as HTML. Whoever shows it must remove scripts.</summary>
    [TextLength(50_000), CleanText] public string? DescriptionHtml { get; init; }

    /// <summary>The brand.</summary>
    [TextLength(255, MinimumLength = 1), Line] public string? Brand { get; init; }

    /// <summary>The kind of product in the merchant's own words.</summary>
    [TextLength(255, MinimumLength = 1), Line] public string? Type { get; init; }

    /// <summary>The tags.</summary>
    [MaxItems(250), NoNulls] public string[]? Tags { get; init; }

    /// <summary>The names of the options that distinguish the variants, in the order in which a shopper chooses.</summary>
    [MaxItems(5), NoNulls] public string[]? Options { get; init; }

    /// <summary>The images in the order in which they are shown.</summary>
    [MaxItems(250), NoNulls] public ProductMediaBody[]? Media { get; init; }

    /// <summary>The title for search engines; the name if omitted.</summary>
    [TextLength(255, MinimumLength = 1), Line] public string? SeoTitle { get; init; }

    /// <summary>The description for search engines.</summary>
    [TextLength(1000), CleanText] public string? SeoDescription { get; init; }

    /// <summary>The texts in other languages, by language tag such as <c>zh</c> or <c>de-AT</c>.</summary>
    [MaxItems(20)] public Dictionary<string, ProductTranslationBody>? Translations { get; init; }

    /// <summary>Columns of an imported file that the shop has no member for. They are kept for exports.</summary>
    [MaxItems(200)] public Dictionary<string, string>? Columns { get; init; }

    /// <summary>Returns the content. Error: <c>validation-failed</c> for media that name no image.</summary>
    internal Result<ProductGroupContent> ToContent(MediaLinks links)
    {
        var media = ProductMediaBody.ToMedia(Media ?? [], links);
        return media.IsError ? media.Error : ToContent(media.Value);
    }

    private ProductGroupContent ToContent(ImmutableArray<ProductMedia> media) => new()
    {
        Name = Name!,
        DescriptionHtml = DescriptionHtml ?? "",
        Brand = Brand,
        Type = Type,
        Tags = [.. Tags ?? []],
        Options = [.. Options ?? []],
        Media = media,
        SeoTitle = SeoTitle,
        SeoDescription = SeoDescription,
        Translations = (Translations ?? []).ToImmutableSortedDictionary(t => t.Key, t => t.Value.ToTranslation(), StringComparer.Ordinal),
        Columns = (Columns ?? []).ToImmutableSortedDictionary(StringComparer.Ordinal),
    };
}

/// <summary>A new product group with its id.</summary>
public sealed record CreateProductGroupRequest : ProductGroupRequest
{
    /// <summary>The id, a slug that URLs of a shop can use. Products become its variants by their family.</summary>
    [RequiredField, TextLength(Slug.MaxLength, MinimumLength = 1)] public string? Id { get; init; }
}

/// <summary>The texts in one language. What is left out is shown in a more general language or in the shop's own.</summary>
/// <param name="Name">The name.</param>
/// <param name="DescriptionHtml">The description as HTML.</param>
/// <param name="SeoTitle">The title for search engines.</param>
/// <param name="SeoDescription">The description for search engines.</param>
public sealed record ProductTranslationBody(
    [property: TextLength(255, MinimumLength = 1), Line] string? Name,
    [property: TextLength(50_000), CleanText] string? DescriptionHtml,
    [property: TextLength(255, MinimumLength = 1), Line] string? SeoTitle,
    [property: TextLength(1000), CleanText] string? SeoDescription)
{
    internal ProductTranslation ToTranslation() => new(Name, DescriptionHtml, SeoTitle, SeoDescription);
}
