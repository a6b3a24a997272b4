using Orleans.Concurrency;

namespace SoonShop.Orders;

// One on a silo: that is where a cancellation finds the call. Callers spread over several keys.
[StatelessWorker(1), Reentrant]
internal sealed class OrderListGrain(IOrderQueries orders) : Grain, IOrderListGrain
{
    Task<Result<Page<Order>>> IOrderListGrain.ListAsync(OrderQuery query, CancellationToken cancellation) => orders.ListAsync(query, cancellation);
}
