namespace SoonShop.Payments;

/// <summary>The port to the store of reconciliation; see <see cref="IReconciliationGrain"/>.</summary>
public interface IReconciliation
{
    /// <summary>Lists discrepancies, one page at a time.</summary>
    Task<Result<Page<PaymentDiscrepancy>>> ListAsync(DiscrepancyFilter filter, PageRequest page, CancellationToken cancellation);

    /// <summary>Schedules the next run for now.</summary>
    Task RequestAsync(CancellationToken cancellation);

    /// <summary>Returns the status of reconciliation.</summary>
    Task<ReconciliationStatus> GetStatusAsync(CancellationToken cancellation);
}
