using SoonShop.ApiFrontend.Media;
using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>The images of a product as they are stored: their URLs, and what they show.</summary>
internal sealed record ProductImages(ImmutableArray<string> Urls, ImmutableSortedDictionary<string, string> Alts)
{
    private static readonly ProductImages None = new([], ImmutableSortedDictionary<string, string>.Empty);

    /// <summary>
    /// Returns the images that a request asks for. It has them as <c>images</c>, which are URLs, as <c>media</c>, which have more members,
    /// or as both, as a product that was read has them. Where both differ, what was changed counts. Errors: <c>validation-failed</c> when
    /// both were changed, and for entries that name no image.
    /// </summary>
    /// <param name="images">The URLs; null when the request has none. They keep what they show.</param>
    /// <param name="media">The images; null when the request has none.</param>
    /// <param name="known">The current product; null for a new one.</param>
    /// <param name="links">Converts URLs.</param>
    public static Result<ProductImages> Choose(string[]? images, ProductMediaBody[]? media, Product? known, MediaLinks links)
    {
        var current = known is null ? None : new ProductImages(known.Images, known.ImageAlts);
        var ofUrls = images is null ? null : current.With([.. images.Select(url => url is null ? "" : links.ToStored(url))]);
        if (media is null)
            return ofUrls ?? None;
        var read = ProductMediaBody.ToMedia(media, links);
        if (read.IsError)
            return read.Error;
        var ofMedia = Of(read.Value);
        return ofUrls is null || ofUrls.Urls.SequenceEqual(ofMedia.Urls) || ofUrls.IsSame(current) ? ofMedia
            : ofMedia.IsSame(current) ? ofUrls
            : Error.Invalid("media", "field.images-differ", "must have the images of images in the same order, or be left out");
    }

    private static ProductImages Of(ImmutableArray<ProductMedia> media)
    {
        var alts = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var image in media.Where(m => m.Alt.Length > 0))
            alts[image.Url] = image.Alt;
        return new ProductImages([.. media.Select(m => m.Url)], alts.ToImmutable());
    }

    private ProductImages With(ImmutableArray<string> urls) =>
        new(urls, Alts.RemoveRange(Alts.Keys.Where(url => !urls.Contains(url))));

    private bool IsSame(ProductImages other) => Urls.SequenceEqual(other.Urls) && Alts.SequenceEqual(other.Alts);
}
