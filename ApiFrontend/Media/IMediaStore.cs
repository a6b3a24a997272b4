using SoonShop.Media;

namespace SoonShop.ApiFrontend.Media;

/// <summary>
/// The port to the files of images. A file has the same content for ever, so every operation can be repeated.
/// </summary>
/// <remarks>All methods throw <see cref="UnavailableException"/> when the store does not answer.</remarks>
internal interface IMediaStore
{
    /// <summary>Stores a file as a whole or not at all. A file that exists is replaced by the same content.</summary>
    Task PutAsync(MediaFile file, ReadOnlyMemory<byte> content, CancellationToken cancellation);

    /// <summary>Opens a file; null when it does not exist. The caller disposes it.</summary>
    Task<StoredFile?> OpenAsync(MediaFile file, CancellationToken cancellation);

    /// <summary>Returns the size of a file in bytes; null when it does not exist.</summary>
    Task<long?> FindAsync(MediaFile file, CancellationToken cancellation);

    /// <summary>Deletes a file, if it exists.</summary>
    Task DeleteAsync(MediaFile file, CancellationToken cancellation);
}

/// <summary>The name of a file: an image in one of its widths. It has only letters, digits, <c>-</c>, <c>.</c> and <c>/</c>.</summary>
/// <param name="Id">The image.</param>
/// <param name="Width">The width in pixels.</param>
internal readonly record struct MediaFile(MediaId Id, int Width)
{
    /// <summary>The media type of all files.</summary>
    public const string ContentType = "image/webp";

    /// <summary>Two characters of the digest. They spread files over directories.</summary>
    public string Folder => Id.ToString().Substring(1, 2);

    /// <summary>The name within its folder.</summary>
    public string Name => $"{Id}-{Width}.webp";

    /// <summary>Returns all files of an image.</summary>
    public static IEnumerable<MediaFile> Of(MediaId id) => id.Widths.Select(width => new MediaFile(id, width));
}

/// <summary>A file that is open for reading.</summary>
/// <param name="Content">The content, from its beginning.</param>
/// <param name="Bytes">Its size in bytes.</param>
internal sealed record StoredFile(Stream Content, long Bytes) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}
