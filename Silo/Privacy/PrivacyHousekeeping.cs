using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.Orders;
using SoonShop.Privacy;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Privacy;

/// <summary>
/// Removes erased customers from their orders after the legal retention period. Every silo runs it; concurrent runs do no harm.
/// </summary>
internal sealed partial class PrivacyHousekeeping(
    IPersonalRecords records, IGrainFactory grains, TimeProvider time, ILogger<PrivacyHousekeeping> log)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);
    private const int BatchSize = 50;

    /// <summary>The most batches in one round. The rest waits for the next round.</summary>
    private const int MaxBatches = 100;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        await timer.RepeatAsync(CleanAsync, e => LogFailure(log, e.Message), stoppingToken);
    }

    /// <summary>Runs one round.</summary>
    internal async Task CleanAsync(CancellationToken cancellation)
    {
        for (var batches = 0; batches < MaxBatches; batches++)
        {
            var orders = await records.FindRetainedAsync(time.GetUtcNow(), BatchSize, cancellation);
            var failed = 0;
            foreach (var id in orders)
            {
                try
                {
                    await grains.GetGrain<IOrderGrain>(id).EraseBuyerAsync();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // A failure does not delay the other orders.
                    failed++;
                    LogFailure(log, e.Message);
                }
            }
            if (orders.Length < BatchSize || failed == orders.Length)
                return;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Erased customers could not be removed from old orders: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
