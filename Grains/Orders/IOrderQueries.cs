using SoonShop.Carts;

namespace SoonShop.Orders;

/// <summary>The port to queries over many orders.</summary>
public interface IOrderQueries
{
    /// <summary>Returns one page, newest first. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    Task<Result<Page<Order>>> ListAsync(OrderQuery query, CancellationToken cancellation);

    /// <summary>The most orders that <see cref="FindUnfinishedAsync"/> returns.</summary>
    const int MaxUnfinished = 20;

    /// <summary>
    /// Returns the orders of a cart that are neither paid nor ended, and those that have ended without the cart's knowledge, newest first.
    /// Orders that moved to a customer with a guest's cart belong to the customer's cart. Orders from drafts belong to none.
    /// </summary>
    /// <param name="cartId">The cart.</param>
    /// <param name="isGuest">True for a guest's cart.</param>
    /// <param name="ordered">The confirmed orders that the cart knows.</param>
    /// <param name="orderedUntil">The cart also knows all orders placed up to this time.</param>
    /// <param name="cancellation">Ends the query.</param>
    Task<ImmutableArray<Guid>> FindUnfinishedAsync(
        Guid cartId, bool isGuest, IEnumerable<Guid> ordered, DateTimeOffset orderedUntil, CancellationToken cancellation);

    /// <summary>
    /// Returns the orders placed from a cart that have not ended, and those that are paid without the cart's knowledge, newest first by
    /// <see cref="OrderState.IsNewer"/>; at most <see cref="MaxUnfinished"/>.
    /// </summary>
    /// <param name="cartId">The cart.</param>
    /// <param name="ordered">The confirmed orders that the cart knows.</param>
    /// <param name="orderedUntil">The cart also knows all orders placed up to this time.</param>
    /// <param name="cancellation">Ends the query.</param>
    Task<ImmutableArray<CompetingOrder>> FindRivalsAsync(
        Guid cartId, IEnumerable<Guid> ordered, DateTimeOffset orderedUntil, CancellationToken cancellation);

    /// <summary>True when a customer has an order that was confirmed and not cancelled since.</summary>
    Task<bool> HasBoughtAsync(Guid customerId, CancellationToken cancellation);

    /// <summary>Returns the orders that move with a guest's cart to the customer who took it over.</summary>
    Task<ImmutableArray<MovedOrder>> FindMovedAsync(Guid guestCartId, Guid customerId, CancellationToken cancellation);
}

/// <summary>One of several orders of a cart, of which only one can be bought.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="IsPaid">True when it is confirmed.</param>
public sealed record CompetingOrder(Guid OrderId, bool IsPaid);
