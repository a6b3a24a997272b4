namespace SoonShop.Orders;

/// <summary>
/// The port to the service that resumes interrupted checkouts. The first write of an order registers its checkout in the same transaction.
/// </summary>
public interface ICheckoutWatch
{
    /// <summary>
    /// Reports that the order's checkout is complete. Returns at once. If the report is lost, the order is resumed once more and finds
    /// nothing to do. Idempotent.
    /// </summary>
    void End(Guid orderId);
}
