using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>Polls the cluster for changed products a few times a second and updates the cache.</summary>
internal sealed partial class CatalogChangeSubscriber(
    IClusterClient cluster, CatalogCache cache, CachingOptions options, ILogger<CatalogChangeSubscriber> log)
    : BackgroundService
{
    /// <summary>The time limit of a poll. Meanwhile the cache is bypassed.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(3);

    /// <summary>The longest pause while polls fail.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var usual = TimeSpan.FromMilliseconds(options.NewsMilliseconds);
        var pause = usual;
        CatalogChangePosition? position = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var askedAtMs = Environment.TickCount64;
                var update = await cluster.GetGrain<ICatalogChangeFeedGrain>(0).SinceAsync(position).WaitAsync(MaxWait, stoppingToken);
                // The changes are as of the request, or as of the shared read that is AgeMs old.
                cache.Apply(update, askedAtMs - (long)Math.Ceiling(update.AgeMs));
                if (pause != usual)
                    LogAgain(log);
                (position, pause) = (update.Position, usual);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (pause == usual)
                    LogNone(log, e.Message);
                pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
            }
            await Task.Delay(pause, stoppingToken)
                .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The catalogue's changes cannot be read, so products and searches are not cached until they can: {Reason}")]
    private static partial void LogNone(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The catalogue's changes can be read again.")]
    private static partial void LogAgain(ILogger log);
}
