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
        for (var looks = 0; await timer.TickAsync(stoppingToken); looks++)
        {
            try
            {
                var ran = options.Value.Reconciliation.Enabled && await reconciler.RunIfDueAsync(owner, stoppingToken);
                if (ran || looks % CountEvery == 0)
                {
                    metrics.DiscrepanciesOpen(await store.CountOpenAsync(stoppingToken));
                    var (payments, orders) = await store.ComparedToAsync(stoppingToken);
                    metrics.ComparedUpTo(payments, orders);
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailure(log, options.Value.Providers.Redact(e.Message));
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not check whether payment reconciliation is due: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
