using Orleans.Concurrency;

namespace SoonShop.Orders;

// One activation per silo, so that a cancellation finds its call. Callers distribute their calls over several keys.
[StatelessWorker(1), Reentrant]
internal sealed class OrderListGrain(IOrderQueries orders) : Grain, IOrderListGrain
{
    Task<Result<Page<Order>>> IOrderListGrain.ListAsync(OrderQuery query, CancellationToken cancellation) =>
        orders.ListAsync(query, cancellation);
}
