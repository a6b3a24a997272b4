using Orleans.Concurrency;

namespace SoonShop.Orders;

[StatelessWorker, Reentrant]
internal sealed class OrderListGrain(IOrderQueries orders) : Grain, IOrderListGrain
{
    Task<Outcome<Page<Order>>> IOrderListGrain.ListAsync(OrderQuery query) => orders.ListAsync(query, CancellationToken.None);
}
