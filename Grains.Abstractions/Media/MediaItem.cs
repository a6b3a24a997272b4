namespace SoonShop.Media;

/// <summary>An uploaded image. Its size in pixels is part of its id.</summary>
/// <param name="Id">The id, see <see cref="MediaId"/>.</param>
/// <param name="ContentType">The media type of the upload, such as <c>image/png</c>.</param>
/// <param name="Bytes">The size of the upload in bytes.</param>
/// <param name="Status">The status.</param>
/// <param name="CreatedAt">When it was uploaded first.</param>
/// <param name="CreatedBy">Who uploaded it, as in the audit log.</param>
[GenerateSerializer, Immutable, Alias("soonshop.media-item")]
public sealed record MediaItem(
    string Id, string ContentType, long Bytes, MediaStatus Status, DateTimeOffset CreatedAt, string CreatedBy);

/// <summary>The status of an uploaded image.</summary>
[Alias("soonshop.media-status")]
public enum MediaStatus
{
    /// <summary>Its files are being stored.</summary>
    Storing,
    /// <summary>Its files are stored.</summary>
    Stored,
    /// <summary>Its files are being deleted; nothing can refer to it any more.</summary>
    Removing,
}
