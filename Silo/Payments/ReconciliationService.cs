using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Payments;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Payments;

/// <summary>Starts reconciliation when it is due, and reports the number of open discrepancies.</summary>
internal sealed partial class ReconciliationService(
    Reconciler reconciler, ReconciliationStore store, PaymentMetrics metrics, IOptions<PaymentsOptions> options,
    ILogger<ReconciliationService> log) : BackgroundService
{
    /// <summary>How often it checks whether a run is due.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    /// <summary>The discrepancies are counted once in this many checks.</summary>
    private const int CountEvery = 15;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The owner is unique per process start: a lease does not belong to another silo, nor to an earlier process of the same silo.
        var owner = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";
        using var timer = new PeriodicTimer(Poll);
        var looks = 0;
        await timer.RepeatAsync(LookAsync, e => LogFailure(log, options.Value.Providers.Redact(e.Message)), stoppingToken);

        async Task LookAsync(CancellationToken cancellation)
        {
            var counts = looks++ % CountEvery == 0;
            var ran = options.Value.Reconciliation.Enabled && await reconciler.RunIfDueAsync(owner, cancellation);
            if (ran || counts)
            {
                metrics.DiscrepanciesOpen(await store.CountOpenAsync(cancellation));
                var (payments, orders) = await store.ComparedToAsync(cancellation);
                metrics.ComparedUpTo(payments, orders);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not check whether payment reconciliation is due: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
