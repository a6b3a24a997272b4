using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Media;
using SoonShop.Catalog;
using SoonShop.Media;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>An image of a product: an uploaded one by <c>mediaId</c>, or any by <c>url</c>.</summary>
/// <param name="Url">An absolute http(s) URL, or the URL of an uploaded image.</param>
/// <param name="Alt">What it shows, for those who cannot see it.</param>
public sealed record ProductMediaBody(
    [property: TextLength(2000)] string? Url, [property: TextLength(1000), CleanText] string? Alt)
{
    /// <summary>The id of an uploaded image. It may be left out when the URL is that of the image.</summary>
    [TextLength(SoonShop.Media.MediaId.MaxLength)] public string? MediaId { get; init; }

    /// <summary>
    /// The image in all its sizes. They follow from the image and have no effect here, so that what was read can be sent back.
    /// </summary>
    [MaxItems(10), NoNulls] public MediaSource[]? Sources { get; init; }

    /// <summary>Returns the images as they are stored. Error: <c>validation-failed</c> for those that name no image.</summary>
    internal static Result<ImmutableArray<ProductMedia>> ToMedia(ProductMediaBody[] bodies, MediaLinks links)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        var media = ImmutableArray.CreateBuilder<ProductMedia>(bodies.Length);
        for (var i = 0; i < bodies.Length; i++)
        {
            var (url, fault) = bodies[i].ToUrl(links);
            if (fault is { } found)
                errors[$"media[{i}].{found.Member}"] = [found.Text];
            else
                media.Add(new ProductMedia(url, bodies[i].Alt ?? ""));
        }
        return errors.Count > 0 ? Error.Invalid(errors) : media.ToImmutable();
    }

    private (string Url, (string Member, ErrorText Text)? Fault) ToUrl(MediaLinks links)
    {
        if (MediaId is null && Url is null)
            return ("", ("url", ErrorText.Of("field.media-url", "is required, unless mediaId is set")));
        if (MediaId is null)
            return (links.ToStored(Url!), null);
        if (!SoonShop.Media.MediaId.TryParse(MediaId, out var id))
            return ("", ("mediaId", ErrorText.Of("field.media-id", "is not the id of an uploaded image")));
        return Url is null || MediaUrl.Find(Url)?.Id == id
            ? (Url is null ? MediaUrl.Largest(id) : links.ToStored(Url), null)
            : ("", ("mediaId", ErrorText.Of("field.media-other", "is not the image of the URL; leave one of them out")));
    }
}
