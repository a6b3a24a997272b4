using SoonShop.Events;

namespace SoonShop.Inventory;

/// <summary>
/// Resumes a transfer whose step was interrupted; the key is the transfer's id. It retries without limit, so that no unit stays between two
/// locations for want of a retry.
/// </summary>
[GrainType("stock-transfer-timeout"), ImplicitStreamSubscription(StockTransferTimeout.StreamNamespace)]
[Retry(Backoff = Backoff.Exponential, FirstSeconds = 1, MaxSeconds = 60, Jitter = 0.2, Retries = int.MaxValue)]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class StockTransferTimeoutHandler : EventHandlerGrain, IHandle<StockTransferTimeout>
{
    Task IHandle<StockTransferTimeout>.HandleAsync(StockTransferTimeout e, EventContext context) =>
        GrainFactory.GetGrain<IStockTransferGrain>(e.TransferId).ResumeAsync();
}
