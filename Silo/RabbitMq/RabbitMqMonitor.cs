using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.RabbitMq;

/// <summary>
/// Keeps unsent events from being removed, and measures how many there are. Every silo with RabbitMQ turned on does both.
/// </summary>
internal sealed partial class RabbitMqMonitor(
    RabbitMqOptions options, PublisherCursor cursor, RabbitMqMetrics metrics, TimeProvider time, ILogger<RabbitMqMonitor> log)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>Unsent events are kept at least this long from a period on: longer than any housekeeping round.</summary>
    private static readonly TimeSpan ShortestKeep = TimeSpan.FromHours(1);

    /// <summary>The time is moved forward once in this many periods.</summary>
    private const int PeriodsPerKeep = 12;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var keep = TimeSpan.FromDays(options.KeepUnsentDays);
        using var timer = new PeriodicTimer(Period, time);
        var kept = false;
        var round = 0;
        await timer.RepeatAsync(LookAsync, e => LogFailure(log, e.Message), stoppingToken, atOnce: true);

        async Task LookAsync(CancellationToken cancellation)
        {
            if (!kept || ++round % PeriodsPerKeep == 0)
                await cursor.KeepAsync(keep > ShortestKeep ? keep : ShortestKeep, cancellation);
            kept = true;
            metrics.Observe(await cursor.LagAsync(cancellation));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "How far events were sent to RabbitMQ could not be read; retrying: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
