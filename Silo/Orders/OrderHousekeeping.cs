using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Orders;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Orders;

/// <summary>
/// Marks shipped orders as delivered after a configured time, and completes the indexes of orders that an older version wrote. It reads the
/// orders periodically instead of scheduling an event with each shipment. So it also covers orders that were shipped by an older version,
/// applies the currently configured days, and keeps no event waiting for a month. Every silo runs it; concurrent runs do no harm.
/// </summary>
internal sealed partial class OrderHousekeeping(
    OrderMaintenance upkeep, IGrainFactory grains, IOptions<CheckoutOptions> options, TimeProvider time,
    ILogger<OrderHousekeeping> log) : BackgroundService
{
    private static readonly TimeSpan MaxPeriod = TimeSpan.FromHours(1);
    private static readonly TimeSpan MinPeriod = TimeSpan.FromSeconds(1);
    private const int BatchSize = 100;

    /// <summary>The most batches in one round. The rest waits for the next round.</summary>
    private const int MaxBatches = 1000;

    private TimeSpan DeliveredAfter => TimeSpan.FromDays(options.Value.DeliveredAfterDays);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The first round runs soon after the start. Silos of the previous version may still write then, so the rounds repeat.
        await Task.Delay(TimeSpan.FromSeconds(10), time, stoppingToken);
        var period = DeliveredAfter / 10;
        using var timer = new PeriodicTimer(period < MinPeriod ? MinPeriod : period > MaxPeriod ? MaxPeriod : period, time);
        await timer.RepeatAsync(RunAsync, e => LogFailure(log, e.Message), stoppingToken, atOnce: true);
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        await CompleteIndexesAsync(cancellation);
        await CloseDeliveriesAsync(cancellation);
    }

    /// <summary>Runs one round of closing deliveries.</summary>
    internal async Task CloseDeliveriesAsync(CancellationToken cancellation)
    {
        var shippedBy = time.GetUtcNow() - DeliveredAfter;
        Guid? last = null;
        for (var batches = 0; batches < MaxBatches; batches++)
        {
            var orders = await upkeep.FindShippedAsync(shippedBy, last, BatchSize, cancellation);
            foreach (var id in orders)
            {
                try
                {
                    await grains.GetGrain<IOrderGrain>(id).CloseDeliveryAsync();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // A failure does not delay the other orders.
                    LogFailure(log, e.Message);
                }
            }
            if (orders.Length < BatchSize)
                return;
            last = orders[^1];
        }
    }

    /// <summary>Runs one round of completing indexes.</summary>
    internal async Task CompleteIndexesAsync(CancellationToken cancellation)
    {
        for (var batches = 0; batches < MaxBatches; batches++)
        {
            if (await upkeep.CompleteIndexesAsync(BatchSize, cancellation) < BatchSize)
                return;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Order housekeeping failed; the next round retries: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
