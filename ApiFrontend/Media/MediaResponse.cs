using SoonShop.Media;

namespace SoonShop.ApiFrontend.Media;

/// <summary>An uploaded image.</summary>
/// <param name="Id">The id, by which products refer to it. The same file always has the same id.</param>
/// <param name="Width">The width of the upright image, in pixels.</param>
/// <param name="Height">The height of the upright image, in pixels.</param>
/// <param name="ContentType">The media type of the upload.</param>
/// <param name="Bytes">The size of the upload in bytes.</param>
/// <param name="Images">The image as WebP in the sizes in which it is served, from the narrowest.</param>
/// <param name="CreatedAt">When it was uploaded first.</param>
/// <param name="CreatedBy">Who uploaded it, as in the audit log.</param>
internal sealed record MediaResponse(
    string Id, int Width, int Height, string ContentType, long Bytes, ImmutableArray<MediaSource> Images, DateTimeOffset CreatedAt,
    string CreatedBy)
{
    public static MediaResponse Of(MediaItem item, MediaLinks links) =>
        MediaId.TryParse(item.Id, out var id) && MediaUrl.Find(links.ToPublic(MediaUrl.Largest(id))) is { } url
            ? new(item.Id, id.Width, id.Height, item.ContentType, item.Bytes, url.Sources(), item.CreatedAt, item.CreatedBy)
            // An image that a newer version has made: its files are not known here.
            : new(item.Id, 0, 0, item.ContentType, item.Bytes, [], item.CreatedAt, item.CreatedBy);
}
