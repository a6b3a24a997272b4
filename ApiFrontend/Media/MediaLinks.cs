using SoonShop.Catalog;
using SoonShop.Media;

namespace SoonShop.ApiFrontend.Media;

/// <summary>
/// Converts URLs of uploaded images: the shop stores their paths; clients see them behind <c>Media:PublicUrl</c>.
/// </summary>
internal sealed class MediaLinks(MediaOptions options)
{
    /// <summary>Returns a URL as clients see it.</summary>
    public string ToPublic(string url) => options.PublicUrl.Length > 0 && MediaUrl.OfPath(url) is not null ? options.PublicUrl + url : url;

    /// <summary>Returns a URL as the shop stores it. The image of an upload is stored in its largest width.</summary>
    public string ToStored(string url)
    {
        var path = options.PublicUrl.Length > 0 && url.StartsWith(options.PublicUrl + MediaUrl.Root, StringComparison.Ordinal)
            ? url[options.PublicUrl.Length..]
            : url;
        return MediaUrl.OfPath(path) is { } id ? MediaUrl.Largest(id) : url;
    }

    /// <summary>Returns an image as clients see it.</summary>
    public ProductMedia ToPublic(ProductMedia media) => media with { Url = ToPublic(media.Url) };

    /// <summary>Returns a product as clients see it.</summary>
    public Product ToPublic(Product product) => options.PublicUrl.Length == 0 || product.Images.IsEmpty ? product : product with
    {
        Images = [.. product.Images.Select(ToPublic)],
        ImageAlts = product.ImageAlts.ToImmutableSortedDictionary(a => ToPublic(a.Key), a => a.Value, StringComparer.Ordinal),
    };

    /// <summary>Returns a product group as clients see it.</summary>
    public ProductGroup ToPublic(ProductGroup group) => options.PublicUrl.Length == 0 ? group : group with
    {
        Content = group.Content with { Media = [.. group.Content.Media.Select(ToPublic)] },
        Variants = [.. group.Variants.Select(ToPublic)],
    };
}
