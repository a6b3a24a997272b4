namespace SoonShop.ApiFrontend.Media;

/// <summary>Files in a directory. A file appears under its name only once it is complete and on the disk.</summary>
internal sealed class DirectoryMediaStore(MediaOptions options) : IMediaStore
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Files that a crash left incomplete have names with this beginning.</summary>
    private const string Incomplete = ".new-";

    /// <summary>Incomplete files older than this are deleted.</summary>
    private static readonly TimeSpan IncompleteAge = TimeSpan.FromHours(1);

    private readonly string root = Path.GetFullPath(options.Directory);

    public async Task PutAsync(MediaFile file, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        try
        {
            var folder = Path.Combine(root, file.Folder);
            Directory.CreateDirectory(folder);
            var incomplete = Path.Combine(folder, $"{Incomplete}{Guid.NewGuid():N}");
            try
            {
                await using (var stream = new FileStream(
                    incomplete, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferBytes, useAsync: true))
                {
                    await stream.WriteAsync(content, cancellation);
                    await stream.FlushAsync(cancellation);
                    // A name must not outlive a crash of the machine without its content.
                    stream.Flush(flushToDisk: true);
                }
                File.Move(incomplete, PathOf(file), overwrite: true);
            }
            finally
            {
                File.Delete(incomplete);
            }
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            throw Unavailable(e);
        }
    }

    public Task<StoredFile?> OpenAsync(MediaFile file, CancellationToken cancellation)
    {
        try
        {
            var stream = new FileStream(
                PathOf(file), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferBytes,
                FileOptions.Asynchronous | FileOptions.SequentialScan);
            return Task.FromResult<StoredFile?>(new StoredFile(stream, stream.Length));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<StoredFile?>(null);
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            throw Unavailable(e);
        }
    }

    public Task<long?> FindAsync(MediaFile file, CancellationToken cancellation)
    {
        var found = new FileInfo(PathOf(file));
        return Task.FromResult(found.Exists ? found.Length : (long?)null);
    }

    public Task DeleteAsync(MediaFile file, CancellationToken cancellation)
    {
        try
        {
            File.Delete(PathOf(file));
            DeleteIncomplete(Path.Combine(root, file.Folder));
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever stored in its folder.
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            throw Unavailable(e);
        }
        return Task.CompletedTask;
    }

    /// <summary>A front end that is killed while it stores a file leaves it; the upload's removal comes here.</summary>
    private static void DeleteIncomplete(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, Incomplete + "*"))
        {
            if (File.GetLastWriteTimeUtc(path) < DateTime.UtcNow - IncompleteAge)
                File.Delete(path);
        }
    }

    private string PathOf(MediaFile file) => Path.Combine(root, file.Folder, file.Name);

    private static bool IsOfDisk(Exception e) => e is IOException or UnauthorizedAccessException;

    private static UnavailableException Unavailable(Exception cause) =>
        new(ErrorText.Of("error.media-store", "The store for images does not answer."), cause);
}
