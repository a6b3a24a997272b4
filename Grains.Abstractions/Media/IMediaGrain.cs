namespace SoonShop.Media;

/// <summary>
/// The list of uploaded images. Front ends make and store the files; this grain knows which there are. Any key addresses it; different keys
/// run in parallel.
/// </summary>
[Alias("soonshop.media")]
public interface IMediaGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Notes an upload before its files are stored, so that files of an upload that fails are found and deleted. Returns the image as it is
    /// noted already, if it is. Idempotent. Error: <c>conflict</c>, with Retry-After, while the same image is being removed.
    /// </summary>
    /// <param name="id">The id of the image.</param>
    /// <param name="contentType">The media type of the upload.</param>
    /// <param name="bytes">The size of the upload in bytes.</param>
    [Alias("begin"), Repeatable]
    Task<Result<MediaItem>> BeginAsync(string id, string contentType, long bytes);

    /// <summary>Notes that all files are stored. Idempotent. Errors: <c>not-found</c>; <c>conflict</c> while it is being removed.</summary>
    [Alias("complete"), Repeatable]
    Task<Result<MediaItem>> CompleteAsync(string id);

    /// <summary>Returns a stored image. Error: <c>not-found</c>.</summary>
    [Alias("get")]
    Task<Result<MediaItem>> GetAsync(string id, CancellationToken cancellation = default);

    /// <summary>Lists the stored images, newest first. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("list")]
    Task<Result<Page<MediaItem>>> ListAsync(PageRequest page, CancellationToken cancellation = default);

    /// <summary>
    /// Begins to remove an image that no product and no product group has. The caller then deletes its files and calls
    /// <see cref="RemovedAsync"/>; otherwise another front end does so later. Idempotent. Errors: <c>not-found</c>; <c>conflict</c> while
    /// it is used.
    /// </summary>
    [Alias("remove"), Repeatable]
    Task<Result<Done>> RemoveAsync(string id);

    /// <summary>Returns up to 100 images whose files are to be deleted. Another caller gets them only some minutes later.</summary>
    [Alias("removing")]
    Task<ImmutableArray<string>> TakeRemovingAsync();

    /// <summary>Notes that all files of images are deleted. Idempotent.</summary>
    [Alias("removed"), Repeatable]
    Task<Done> RemovedAsync(ImmutableArray<string> ids);
}
