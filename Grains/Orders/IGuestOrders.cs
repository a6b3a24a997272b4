namespace SoonShop.Orders;

/// <summary>The port that finds guests' orders by what their buyers know.</summary>
public interface IGuestOrders
{
    /// <summary>Returns the order with a number in its normal form; null when there is none.</summary>
    Task<Guid?> FindAsync(string number, CancellationToken cancellation);

    /// <summary>
    /// Returns orders with an e-mail address that belong to no account, oldest first. Orders of erased buyers have no address.
    /// </summary>
    /// <param name="normalizedEmail">The address in its normal form.</param>
    /// <param name="after">The last order of the page before; null for the first page.</param>
    /// <param name="limit">The most orders to return.</param>
    /// <param name="cancellation">Ends the query.</param>
    Task<ImmutableArray<GuestOrder>> ListAsync(
        string normalizedEmail, GuestOrder? after, int limit, CancellationToken cancellation);
}

/// <summary>A guest's order, and its place in the list.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="PlacedAt">When it was placed.</param>
public sealed record GuestOrder(Guid OrderId, DateTimeOffset PlacedAt);
