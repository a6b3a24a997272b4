namespace SoonShop.Orders;

/// <summary>The port to questions about many orders.</summary>
public interface IOrderQueries
{
    /// <summary>One page, newest first. Refused: <c>validation-failed</c> for a cursor that is none.</summary>
    Task<Outcome<Page<Order>>> ListAsync(OrderQuery query, CancellationToken cancellation);

    /// <summary>An order of a cart whose checkout has not come to its end, or whose end the cart has not heard of; null when there is none.</summary>
    /// <param name="cartId">The cart.</param>
    /// <param name="ordered">The confirmed orders that the cart has heard of.</param>
    /// <param name="orderedUntil">Those placed up to then it has heard of, too.</param>
    /// <param name="cancellation">Ends the query.</param>
    Task<Guid?> FindUnfinishedAsync(Guid cartId, IEnumerable<Guid> ordered, DateTimeOffset orderedUntil, CancellationToken cancellation);
}
