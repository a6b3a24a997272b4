namespace SoonShop.ApiFrontend.Media;

/// <summary>No store. There are no files, and uploads are refused.</summary>
internal sealed class NoMediaStore : IMediaStore
{
    public Task PutAsync(MediaFile file, ReadOnlyMemory<byte> content, CancellationToken cancellation) => throw Missing();

    public Task<StoredFile?> OpenAsync(MediaFile file, CancellationToken cancellation) => Task.FromResult<StoredFile?>(null);

    public Task<long?> FindAsync(MediaFile file, CancellationToken cancellation) => Task.FromResult<long?>(null);

    public Task DeleteAsync(MediaFile file, CancellationToken cancellation) => throw Missing();

    /// <summary>What an upload is told.</summary>
    public static UnavailableException Missing() =>
        new(ErrorText.Of("error.no-media-store", "This shop has no store for images. Its operator must set Media:Store."));
}
