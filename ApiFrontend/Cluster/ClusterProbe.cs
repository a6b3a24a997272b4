using SoonShop.Health;
using SoonShop.ServiceDefaults;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>While the breaker is open, probes the cluster periodically, and closes the breaker when a probe succeeds.</summary>
internal sealed partial class ClusterProbe(
    IClusterClient cluster, ClusterBreaker breaker, ClusterClientOptions options, ILogger<ClusterProbe> log)
    : BackgroundService
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(4);

    /// <summary>Returns when cluster and database have responded.</summary>
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

    [LoggerMessage(Level = LogLevel.Debug, Message = "The cluster does not respond yet: {Reason}")]
    private static partial void LogUnwell(ILogger log, string reason);
}
