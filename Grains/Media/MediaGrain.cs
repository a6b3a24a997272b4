using Orleans.Concurrency;

namespace SoonShop.Media;

// One activation per silo, so that a cancellation finds its call. Callers distribute their calls over several keys.
[StatelessWorker(1), Reentrant]
internal sealed class MediaGrain(IMediaRecords records) : Grain, IMediaGrain
{
    async Task<Result<MediaItem>> IMediaGrain.BeginAsync(string id, string contentType, long bytes) =>
        MediaId.TryParse(id, out _) ? await records.BeginAsync(id, contentType, bytes) : MediaErrors.Unknown(id);

    Task<Result<MediaItem>> IMediaGrain.CompleteAsync(string id) => records.CompleteAsync(id);

    Task<Result<MediaItem>> IMediaGrain.GetAsync(string id, CancellationToken cancellation) => records.GetAsync(id, cancellation);

    Task<Result<Page<MediaItem>>> IMediaGrain.ListAsync(PageRequest page, CancellationToken cancellation) =>
        records.ListAsync(page, cancellation);

    Task<Result<Done>> IMediaGrain.RemoveAsync(string id) => records.RemoveAsync(id);

    Task<ImmutableArray<string>> IMediaGrain.TakeRemovingAsync() => records.TakeRemovingAsync();

    Task<Done> IMediaGrain.RemovedAsync(ImmutableArray<string> ids) => records.RemovedAsync(ids);
}
