using SoonShop.Carts;

namespace SoonShop.Orders;

/// <summary>The port to questions about many orders.</summary>
public interface IOrderQueries
{
    /// <summary>One page, newest first. Refused: <c>validation-failed</c> for a cursor that is none.</summary>
    Task<Result<Page<Order>>> ListAsync(OrderQuery query, CancellationToken cancellation);

    /// <summary>The most orders that <see cref="FindUnfinishedAsync"/> finds.</summary>
    const int MaxUnfinished = 20;

    /// <summary>
    /// The orders of a cart that are not paid and not at their end, or whose end the cart has not heard of, newest first. Those that came along to
    /// a customer with a guest's cart are of the customer's cart.
    /// </summary>
    /// <param name="cartId">The cart.</param>
    /// <param name="isGuest">True for a guest's cart.</param>
    /// <param name="ordered">The confirmed orders that the cart has heard of.</param>
    /// <param name="orderedUntil">Those placed up to then it has heard of, too.</param>
    /// <param name="cancellation">Ends the query.</param>
    Task<ImmutableArray<Guid>> FindUnfinishedAsync(Guid cartId, bool isGuest, IEnumerable<Guid> ordered, DateTimeOffset orderedUntil, CancellationToken cancellation);

    /// <summary>
    /// The orders placed from a cart that are not at their end, or are paid without the cart having heard of it, newest first by
    /// <see cref="OrderState.IsNewer"/>; at most <see cref="MaxUnfinished"/>.
    /// </summary>
    /// <param name="cartId">The cart.</param>
    /// <param name="ordered">The confirmed orders that the cart has heard of.</param>
    /// <param name="orderedUntil">Those placed up to then it has heard of, too.</param>
    /// <param name="cancellation">Ends the query.</param>
    Task<ImmutableArray<CompetingOrder>> FindRivalsAsync(Guid cartId, IEnumerable<Guid> ordered, DateTimeOffset orderedUntil, CancellationToken cancellation);

    /// <summary>The orders that go along with a guest's cart to the customer to whom it was handed over.</summary>
    Task<ImmutableArray<MovedOrder>> FindMovedAsync(Guid guestCartId, Guid customerId, CancellationToken cancellation);
}

/// <summary>One of the orders of which a cart can be bought with one.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="IsPaid">True when it is confirmed.</param>
public sealed record CompetingOrder(Guid OrderId, bool IsPaid);
