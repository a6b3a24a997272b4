using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Payments;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Payments;

/// <summary>Sees to it that reconciliation runs when it is due, and tells how many discrepancies are open.</summary>
internal sealed partial class ReconciliationService(
    Reconciler reconciler, ReconciliationStore store, PaymentMetrics metrics, IOptions<PaymentsOptions> options, ILogger<ReconciliationService> log) : BackgroundService
{
    /// <summary>How often it is looked whether a run is due.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    /// <summary>How many looks go by between two counts.</summary>
    private const int CountEvery = 15;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // One silo's turn is not another's, nor that of the same silo's life before.
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
                LogFailure(log, StripeSecrets.Redact(e.Message));
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "It cannot be seen now whether payments are to be reconciled: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
