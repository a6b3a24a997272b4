using Orleans.Concurrency;
using SoonShop.Events;

namespace SoonShop.Payments;

[StatelessWorker, Reentrant]
internal sealed class ReconciliationGrain(IReconciliation reconciliation, IAuditLog audit) : Grain, IReconciliationGrain
{
    Task<Outcome<Page<PaymentDiscrepancy>>> IReconciliationGrain.ListAsync(DiscrepancyFilter filter, PageRequest page) =>
        reconciliation.ListAsync(filter, page, CancellationToken.None);

    async Task<ReconciliationStatus> IReconciliationGrain.RequestAsync(string actor)
    {
        await audit.AddAsync(actor, "payments.reconcile", "all", 1, null, CancellationToken.None);
        await reconciliation.RequestAsync(CancellationToken.None);
        return await reconciliation.GetStatusAsync(CancellationToken.None);
    }

    Task<ReconciliationStatus> IReconciliationGrain.GetStatusAsync() => reconciliation.GetStatusAsync(CancellationToken.None);
}
