namespace SoonShop.Orders;

/// <summary>The port to questions about many orders.</summary>
public interface IOrderQueries
{
    /// <summary>One page, newest first. Refused: <c>validation-failed</c> for a cursor that is none.</summary>
    Task<Outcome<Page<Order>>> ListAsync(OrderQuery query, CancellationToken cancellation);

    /// <summary>The order of a cart whose checkout has not come to its end; null when there is none.</summary>
    Task<Guid?> FindPendingAsync(Guid cartId, CancellationToken cancellation);
}
