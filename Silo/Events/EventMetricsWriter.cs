using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.Events;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Events;

/// <summary>Adds what this silo counted to the cluster's figures every few seconds, and reads how the queues stand for the gauges.</summary>
internal sealed partial class EventMetricsWriter(EventMetrics metrics, EventMetricsStore statistics, ILogger<EventMetricsWriter> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>The queues are looked at every so many periods.</summary>
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
            await statistics.AddAsync(taken, cancellation);
        }
        catch (Exception e)
        {
            // Where the write took effect all the same, these are counted twice: figures may err, they must not stop.
            metrics.Restore(taken);
            LogFailure(log, e.Message);
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            metrics.Observe(await statistics.ReadQueueAsync(cancellation));
        }
        catch (Exception e)
        {
            LogFailure(log, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The figures of events cannot be kept up now: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
