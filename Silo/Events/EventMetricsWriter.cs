using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.Events;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Events;

/// <summary>Adds this silo's counts to the cluster's metrics every few seconds, and reads the state of the queues for the gauges.</summary>
internal sealed partial class EventMetricsWriter(EventMetrics metrics, EventMetricsStore store, ILogger<EventMetricsWriter> log)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>The queues' state is read once in this many periods.</summary>
    private const int PeriodsPerLook = 5;

    private static readonly TimeSpan LastLimit = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        for (var round = 0; await timer.TickAsync(stoppingToken); round++)
        {
            await WriteAsync(stoppingToken);
            if (round % PeriodsPerLook == 0)
                await LookAsync(stoppingToken);
        }
        using var limit = new CancellationTokenSource(LastLimit);
        await WriteAsync(limit.Token);
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        var taken = metrics.Take();
        if (taken.Count == 0)
            return;
        try
        {
            await store.AddAsync(taken, cancellation);
        }
        catch (Exception e)
        {
            // If the write took effect anyway, the counts are added twice. Metrics may be inexact, but they must not stop.
            metrics.Restore(taken);
            LogFailure(log, e.Message);
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            metrics.Observe(await store.ReadQueueAsync(cancellation));
        }
        catch (Exception e)
        {
            LogFailure(log, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Event metrics could not be read or written; retrying: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
