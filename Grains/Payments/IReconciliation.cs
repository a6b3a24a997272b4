namespace SoonShop.Payments;

/// <summary>The port to what reconciliation keeps; see <see cref="IReconciliationGrain"/>.</summary>
public interface IReconciliation
{
    /// <summary>One page of discrepancies.</summary>
    Task<Outcome<Page<PaymentDiscrepancy>>> ListAsync(DiscrepancyFilter filter, PageRequest page, CancellationToken cancellation);

    /// <summary>Makes the next run due now.</summary>
    Task RequestAsync(CancellationToken cancellation);

    /// <summary>How it goes.</summary>
    Task<ReconciliationStatus> GetStatusAsync(CancellationToken cancellation);
}
