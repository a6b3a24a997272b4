using SoonShop.ApiFrontend.Cluster;
using SoonShop.Media;
using SoonShop.ServiceDefaults;

namespace SoonShop.ApiFrontend.Media;

/// <summary>Deletes the files of images that the cluster removes, and reports it. An interrupted removal is repeated.</summary>
internal sealed class MediaRemoval(IMediaStore store, IClusterClient cluster, TimeProvider time)
{
    /// <summary>How long a batch may take. Shorter than the time after which another front end deletes the files.</summary>
    private static readonly TimeSpan MaxBatchTime = TimeSpan.FromMinutes(3);

    private IMediaGrain Media => cluster.GetGrain<IMediaGrain>(WorkerKeys.Next());

    /// <summary>Deletes the files of one image that is being removed.</summary>
    public async Task DeleteAsync(MediaId id, CancellationToken cancellation)
    {
        await DeleteFilesAsync(id, cancellation);
        await Media.RemovedAsync([id.ToString()]);
    }

    /// <summary>Deletes the files of all images that wait for it.</summary>
    public async Task SweepAsync(CancellationToken cancellation)
    {
        while (await Media.TakeRemovingAsync() is { IsEmpty: false } ids)
        {
            var (began, deleted) = (time.GetTimestamp(), ImmutableArray.CreateBuilder<string>());
            foreach (var text in ids)
            {
                if (time.GetElapsedTime(began) > MaxBatchTime)
                    break;
                // A front end of an older version does not know the files of a newer one, and leaves them to that.
                if (!MediaId.TryParse(text, out var id))
                    continue;
                await DeleteFilesAsync(id, cancellation);
                deleted.Add(text);
            }
            await Media.RemovedAsync(deleted.ToImmutable());
        }
    }

    private async Task DeleteFilesAsync(MediaId id, CancellationToken cancellation)
    {
        foreach (var file in MediaFile.Of(id))
            await store.DeleteAsync(file, cancellation);
    }
}

/// <summary>Looks for images whose files are to be deleted. Every front end runs it.</summary>
internal sealed partial class MediaRemovalService(
    MediaRemoval removal, MediaOptions options, TimeProvider time, ILogger<MediaRemovalService> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.SweepSeconds), time);
        await timer.RepeatAsync(removal.SweepAsync, e => LogFailure(log, e.Message), stoppingToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Files of removed images could not be deleted, which is tried again: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
