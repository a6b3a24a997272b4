namespace SoonShop.Media;

/// <summary>The port to the list of uploaded images.</summary>
public interface IMediaRecords
{
    /// <summary>See <see cref="IMediaGrain.BeginAsync"/>.</summary>
    Task<Result<MediaItem>> BeginAsync(string id, string contentType, long bytes);

    /// <summary>See <see cref="IMediaGrain.CompleteAsync"/>.</summary>
    Task<Result<MediaItem>> CompleteAsync(string id);

    /// <summary>See <see cref="IMediaGrain.GetAsync"/>.</summary>
    Task<Result<MediaItem>> GetAsync(string id, CancellationToken cancellation);

    /// <summary>See <see cref="IMediaGrain.ListAsync"/>.</summary>
    Task<Result<Page<MediaItem>>> ListAsync(PageRequest page, CancellationToken cancellation);

    /// <summary>See <see cref="IMediaGrain.RemoveAsync"/>.</summary>
    Task<Result<Done>> RemoveAsync(string id);

    /// <summary>See <see cref="IMediaGrain.TakeRemovingAsync"/>.</summary>
    Task<ImmutableArray<string>> TakeRemovingAsync();

    /// <summary>See <see cref="IMediaGrain.RemovedAsync"/>.</summary>
    Task<Done> RemovedAsync(ImmutableArray<string> ids);

    /// <summary>
    /// Notes that a product or product group is about to refer to images, which keeps them from being removed for a minute. Returns those
    /// that are stored.
    /// </summary>
    Task<ImmutableArray<string>> UseAsync(IReadOnlyCollection<string> ids);
}
