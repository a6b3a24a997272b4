using SoonShop.Media;

namespace SoonShop.Catalog;

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
