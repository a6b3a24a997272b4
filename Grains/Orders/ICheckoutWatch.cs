namespace SoonShop.Orders;

/// <summary>
/// The port to those who look after checkouts that were cut off. The watch over an order begins with its first write, in the same transaction.
/// </summary>
public interface ICheckoutWatch
{
    /// <summary>
    /// The order's checkout is through. Returns at once; should it be forgotten, the order is looked at once more, and that finds nothing to do.
    /// Idempotent.
    /// </summary>
    void End(Guid orderId);
}
