using Orleans.Concurrency;

namespace SoonShop.Orders;

// One activation per silo, so that a cancellation finds its call. Callers distribute their calls over several keys.
[StatelessWorker(1), Reentrant]
internal sealed class DraftOrderListGrain(IDraftOrderQueries drafts) : Grain, IDraftOrderListGrain
{
    Task<Result<Page<DraftOrder>>> IDraftOrderListGrain.ListAsync(DraftOrderQuery query, CancellationToken cancellation) =>
        drafts.ListAsync(query, cancellation);
}
