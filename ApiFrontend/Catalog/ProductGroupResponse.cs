using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>A product with its variants, in the client's language.</summary>
internal sealed record ProductGroupResponse
{
    /// <summary>The id, a slug that URLs of a shop can use.</summary>
    public required string Id { get; init; }

    /// <summary>The name without the variant.</summary>
    public required string Name { get; init; }

    /// <summary>The description as HTML. Whoever shows it must remove scripts.</summary>
    public required string DescriptionHtml { get; init; }

    /// <summary>The brand; null for none.</summary>
    public string? Brand { get; init; }

    /// <summary>The kind of product in the merchant's own words; null for none.</summary>
    public string? Type { get; init; }

    /// <summary>The tags.</summary>
    public required ImmutableArray<string> Tags { get; init; }

    /// <summary>The options in the order in which a shopper chooses, each with the values that variants have.</summary>
    public required ImmutableArray<ProductOption> Options { get; init; }

    /// <summary>The images in the order in which they are shown.</summary>
    public required ImmutableArray<ProductMedia> Media { get; init; }

    /// <summary>The title for search engines.</summary>
    public required string SeoTitle { get; init; }

    /// <summary>The description for search engines; null for none.</summary>
    public string? SeoDescription { get; init; }

    /// <summary>The variants on sale, at most 250. <c>GET /products?family=</c> lists all of them.</summary>
    public required ImmutableArray<Product> Variants { get; init; }

    /// <summary>Returns a group in the first of the languages that has the text, or else in the shop's own.</summary>
    public static ProductGroupResponse Of(ProductGroup group, ImmutableArray<string> languages)
    {
        var content = group.Content;
        string? Text(Func<ProductTranslation, string?> select)
        {
            foreach (var language in languages)
            {
                foreach (var (tag, texts) in content.Translations)
                {
                    if (tag.Equals(language, StringComparison.OrdinalIgnoreCase) && select(texts) is { } text)
                        return text;
                }
            }
            return null;
        }
        var name = Text(t => t.Name) ?? content.Name;
        return new ProductGroupResponse
        {
            Id = group.Id,
            Name = name,
            DescriptionHtml = Text(t => t.DescriptionHtml) ?? content.DescriptionHtml,
            Brand = content.Brand,
            Type = content.Type,
            Tags = content.Tags,
            Options = [.. content.Options.Select(option => ProductOption.Of(option, group.Variants))],
            Media = content.Media,
            SeoTitle = Text(t => t.SeoTitle) ?? content.SeoTitle ?? name,
            SeoDescription = Text(t => t.SeoDescription) ?? content.SeoDescription,
            Variants = group.Variants,
        };
    }
}

/// <summary>An option with the values that variants have.</summary>
/// <param name="Name">The option, such as <c>Size</c>.</param>
/// <param name="Values">The values, in the order of the variants.</param>
internal sealed record ProductOption(string Name, ImmutableArray<string> Values)
{
    /// <summary>Returns an option. A variant without options has the value as an attribute.</summary>
    public static ProductOption Of(string name, ImmutableArray<Product> variants) =>
        new(name, [.. variants.Select(v => v.ValueOf(name)).OfType<string>().Distinct()]);
}

/// <summary>The content of a product group as administrators edit it, with all of its variants.</summary>
internal sealed record ProductGroupContentResponse
{
    /// <summary>The id.</summary>
    public required string Id { get; init; }

    /// <summary>True when the content is stored; false when it follows from the variants.</summary>
    public required bool Stored { get; init; }

    /// <summary>What the variants have in common.</summary>
    public required ProductGroupContent Content { get; init; }

    /// <summary>The variants, also those that are not on sale, at most 250.</summary>
    public required ImmutableArray<Product> Variants { get; init; }

    /// <summary>Returns a group.</summary>
    public static ProductGroupContentResponse Of(ProductGroup group) => new()
    {
        Id = group.Id,
        Stored = group.Version > 0,
        Content = group.Content,
        Variants = group.Variants,
    };
}
