using SoonShop.Health;
using SoonShop.ServiceDefaults;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>While the breaker is open, asks the cluster from time to time whether it is well, and closes the breaker when it is.</summary>
internal sealed partial class ClusterProbe(IClusterClient cluster, ClusterBreaker breaker, ClusterClientOptions options, ILogger<ClusterProbe> log) : BackgroundService
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(4);

    /// <summary>Returns when cluster and database answered.</summary>
    public static Task AskAsync(IClusterClient cluster, CancellationToken cancellation) =>
        cluster.GetGrain<IHealthGrain>(WorkerKeys.Next()).CheckAsync().WaitAsync(CallTimeout, cancellation);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.ProbeSeconds));
        while (await timer.TickAsync(stoppingToken))
        {
            if (!breaker.IsOpen)
                continue;
            try
            {
                await AskAsync(cluster, stoppingToken);
                await breaker.CloseAsync();
            }
            catch (Exception e)
            {
                LogUnwell(log, e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The cluster does not answer yet: {Reason}")]
    private static partial void LogUnwell(ILogger log, string reason);
}
