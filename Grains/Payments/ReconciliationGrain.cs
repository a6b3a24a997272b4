using Orleans.Concurrency;
using SoonShop.Auditing;

namespace SoonShop.Payments;

// One per silo, so that a cancellation reaches the call.
[StatelessWorker(1), Reentrant]
internal sealed class ReconciliationGrain(IReconciliation reconciliation, IAuditLog audit) : Grain, IReconciliationGrain
{
    Task<Result<Page<PaymentDiscrepancy>>> IReconciliationGrain.ListAsync(
        DiscrepancyFilter filter, PageRequest page, CancellationToken cancellation) =>
        reconciliation.ListAsync(filter, page, cancellation);

    async Task<ReconciliationStatus> IReconciliationGrain.RequestAsync(string actor)
    {
        await audit.AddAsync(new AuditEvent("payments.reconcile", "all") { Actor = actor }, CancellationToken.None);
        await reconciliation.RequestAsync(CancellationToken.None);
        return await reconciliation.GetStatusAsync(CancellationToken.None);
    }

    Task<ReconciliationStatus> IReconciliationGrain.GetStatusAsync() => reconciliation.GetStatusAsync(CancellationToken.None);
}
