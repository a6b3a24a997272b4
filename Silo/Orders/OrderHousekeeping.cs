using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Orders;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Orders;

/// <summary>
/// Closes deliveries that nobody noted, and completes the indexes of orders that an older version wrote. It looks through the orders from time to
/// time instead of scheduling an event with each shipment: so it finds the orders that were shipped before there was such a rule, goes by the
/// days that are configured now, and keeps no event waiting for a month. Every silo does; doing it twice does no harm.
/// </summary>
internal sealed partial class OrderHousekeeping(
    OrderMaintenance upkeep, IGrainFactory grains, IOptions<CheckoutOptions> options, TimeProvider time, ILogger<OrderHousekeeping> log) : BackgroundService
{
    private static readonly TimeSpan MaxPeriod = TimeSpan.FromHours(1);
    private static readonly TimeSpan MinPeriod = TimeSpan.FromSeconds(1);
    private const int BatchSize = 100;

    /// <summary>Batches of one round; the rest waits for the next.</summary>
    private const int MaxBatches = 1000;

    private TimeSpan DeliveredAfter => TimeSpan.FromDays(options.Value.DeliveredAfterDays);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Once soon after the start, when others of the last version may still write, and then again and again.
        await Task.Delay(TimeSpan.FromSeconds(10), time, stoppingToken);
        var period = DeliveredAfter / 10;
        using var timer = new PeriodicTimer(period < MinPeriod ? MinPeriod : period > MaxPeriod ? MaxPeriod : period, time);
        do
        {
            try
            {
                await CompleteIndexesAsync(stoppingToken);
                await CloseDeliveriesAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailure(log, e.Message);
            }
        }
        while (await timer.TickAsync(stoppingToken));
    }

    /// <summary>One round of closing deliveries.</summary>
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
                    // The others need not wait for this one.
                    LogFailure(log, e.Message);
                }
            }
            if (orders.Length < BatchSize)
                return;
            last = orders[^1];
        }
    }

    /// <summary>One round of completing indexes.</summary>
    internal async Task CompleteIndexesAsync(CancellationToken cancellation)
    {
        for (var batches = 0; batches < MaxBatches; batches++)
        {
            if (await upkeep.CompleteIndexesAsync(BatchSize, cancellation) < BatchSize)
                return;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Orders could not be seen to now; the next round tries again: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
