using SoonShop.Media;

namespace SoonShop.Catalog;

/// <summary>
/// What the variants of a product have in common, as an administrator enters it. Each variant is a product with an SKU of its own, whose
/// family is the id of the group.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.product-group-content")]
public sealed record ProductGroupContent
{
    /// <summary>The most variants that a group is shown with. A search by family lists all of them, page by page.</summary>
    public const int MaxVariantsShown = 250;

    /// <summary>The name without the variant, 1–255 characters.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>The description as HTML, up to 50,000 characters. Whoever shows it must remove scripts.</summary>
    [Id(1)] public string DescriptionHtml { get; init; } = "";

    /// <summary>The brand; null for none.</summary>
    [Id(2)] public string? Brand { get; init; }

    /// <summary>The kind of product in the merchant's own words, such as <c>T-shirts</c>; null for none.</summary>
    [Id(3)] public string? Type { get; init; }

    /// <summary>Up to 250 tags.</summary>
    [Id(4)] public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>
    /// The names of the options that distinguish the variants, in the order in which a shopper chooses, such as <c>Size</c>.
    /// </summary>
    [Id(5)] public ImmutableArray<string> Options { get; init; } = [];

    /// <summary>Up to 250 images, in the order in which they are shown.</summary>
    [Id(6)] public ImmutableArray<ProductMedia> Media { get; init; } = [];

    /// <summary>The title for search engines; null for the name.</summary>
    [Id(7)] public string? SeoTitle { get; init; }

    /// <summary>The description for search engines; null for none.</summary>
    [Id(8)] public string? SeoDescription { get; init; }

    /// <summary>The texts in other languages, by language tag (BCP 47), such as <c>zh</c> or <c>de-AT</c>; up to 20.</summary>
    [Id(9)]
    public ImmutableSortedDictionary<string, ProductTranslation> Translations { get; init; } =
        ImmutableSortedDictionary<string, ProductTranslation>.Empty;

    /// <summary>
    /// Columns of an imported file that the shop has no member for, by name. They are kept for exports. Up to 200, with values of up to
    /// 5,000 characters.
    /// </summary>
    [Id(10)] public ImmutableSortedDictionary<string, string> Columns { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>An image of a product.</summary>
/// <param name="Url">An absolute http(s) URL, or the path of an uploaded image.</param>
/// <param name="Alt">What it shows, for those who cannot see it; empty for nothing to say.</param>
[GenerateSerializer, Immutable, Alias("soonshop.product-media")]
public sealed record ProductMedia(string Url, string Alt)
{
    /// <summary>The id of an uploaded image; null for another one.</summary>
    public string? MediaId => MediaUrl.Find(Url)?.Id.ToString();

    /// <summary>An uploaded image in all its sizes, from the narrowest; empty for another one.</summary>
    public ImmutableArray<MediaSource> Sources => MediaUrl.Find(Url)?.Sources() ?? [];
}

/// <summary>The texts of a product group in one language. What is null is shown in a more general language or in the shop's own.</summary>
/// <param name="Name">The name.</param>
/// <param name="DescriptionHtml">The description as HTML.</param>
/// <param name="SeoTitle">The title for search engines.</param>
/// <param name="SeoDescription">The description for search engines.</param>
[GenerateSerializer, Immutable, Alias("soonshop.product-translation")]
public sealed record ProductTranslation(string? Name, string? DescriptionHtml, string? SeoTitle, string? SeoDescription);

/// <summary>The value of an option of a variant.</summary>
/// <param name="Name">The option, such as <c>Size</c>.</param>
/// <param name="Value">The value, such as <c>XL</c>.</param>
[GenerateSerializer, Immutable, Alias("soonshop.option-value")]
public readonly record struct OptionValue(string Name, string Value);

/// <summary>A product group with its variants.</summary>
/// <param name="Id">The id, a slug that URLs of a shop can use.</param>
/// <param name="Content">What the variants have in common.</param>
/// <param name="Variants">The variants by position, then by SKU, at most <see cref="ProductGroupContent.MaxVariantsShown"/>.</param>
[GenerateSerializer, Immutable, Alias("soonshop.product-group")]
public sealed record ProductGroup(string Id, ProductGroupContent Content, ImmutableArray<Product> Variants)
{
    /// <summary>The number of changes of the content; 0 for a group that is not stored, but follows from its variants.</summary>
    [Id(0)] public int Version { get; init; }

    /// <summary>
    /// Returns the grain key of a group. The prefix keeps Orleans' ADO.NET provider from parsing the key as a number, as with
    /// <see cref="Sku.GrainKey"/>.
    /// </summary>
    public static string GrainKey(string id) => GrainKeyPrefix + id;

    /// <summary>Returns the id in a grain key made by <see cref="GrainKey"/>.</summary>
    public static string OfGrainKey(string key) => key[GrainKeyPrefix.Length..];

    private const string GrainKeyPrefix = "group/";
}

/// <summary>A product group in a list.</summary>
/// <param name="Id">The id.</param>
/// <param name="Name">The name.</param>
/// <param name="Brand">The brand; null for none.</param>
[GenerateSerializer, Immutable, Alias("soonshop.product-group-entry")]
public sealed record ProductGroupEntry(string Id, string Name, string? Brand);
