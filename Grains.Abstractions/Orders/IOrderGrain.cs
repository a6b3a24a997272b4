using Orleans.Concurrency;

namespace SoonShop.Orders;

/// <summary>
/// An order, and the checkout that makes it. Keyed by the order's id, which follows from the buyer and the
/// Idempotency-Key (<see cref="OrderId"/>), so that a repeated checkout meets the same grain.
/// </summary>
[Alias("soonshop.order")]
public interface IOrderGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Makes an order of the buyer's cart: place, reserve, pay, confirm. Idempotent: the same command again is given
    /// the first one's answer; another one is <c>idempotency-key-reused</c>. Refused: <c>cart-empty</c>, <c>conflict</c> (with a quote
    /// where the total is not the expected one), <c>precondition-failed</c> for another cart than the expected one, after which the same key may
    /// be used again, <c>validation-failed</c>, <c>not-found</c>; with an order that stands: <c>out-of-stock</c>, <c>payment-declined</c>.
    /// Throws <see cref="UnavailableException"/> when it cannot be finished now; the order goes on by itself.
    /// An earlier order of the cart that is not paid is superseded first; one that is paid by then is the answer, and no other is made.
    /// </summary>
    [Alias("place"), Repeatable]
    Task<Placement> PlaceAsync(PlaceOrder command);

    /// <summary>Tries another payment method while the order awaits payment. Idempotent by attempt. Refused: <c>not-found</c>, <c>invalid-order-state</c>, <c>payment-declined</c>.</summary>
    /// <param name="caller">The buyer.</param>
    /// <param name="attemptId">The operation.</param>
    /// <param name="paymentMethod">The provider's payment method, or one that it keeps for the customer.</param>
    /// <param name="savePaymentMethod">True to have it kept for the customer's next time; without effect for guests.</param>
    [Alias("pay"), Repeatable]
    Task<Result<Order>> PayAsync(Caller caller, string attemptId, string paymentMethod, bool savePaymentMethod = false);

    /// <summary>Cancels: what stock has not got back yet goes back, and so does the captured money that is left. Idempotent. Refused: <c>not-found</c>, <c>invalid-order-state</c> once shipped.</summary>
    [Alias("cancel"), Repeatable]
    Task<Result<Order>> CancelAsync(Caller caller, string? reason);

    /// <summary>
    /// Notes the hand-over to a carrier of all units that are not back in stock, and takes what was authorized first. Idempotent for the same
    /// tracking number. Refused: <c>not-found</c>, <c>invalid-order-state</c>, also when no unit is left to ship, <c>conflict</c> when the money cannot be taken.
    /// </summary>
    [Alias("ship"), Repeatable]
    Task<Result<Order>> ShipAsync(string carrier, string trackingNumber);

    /// <summary>Notes the delivery. Idempotent. Refused: <c>not-found</c>, <c>invalid-order-state</c>.</summary>
    [Alias("deliver"), Repeatable]
    Task<Result<Order>> DeliverAsync();

    /// <summary>Notes the delivery of an order that was shipped longer ago than the shop's configuration says, and does nothing to any other. Idempotent.</summary>
    [Alias("close-delivery"), Repeatable]
    Task CloseDeliveryAsync();

    /// <summary>
    /// Takes part or, with <paramref name="amount"/> null, all of what was authorized; shipping does the latter by itself.
    /// Idempotent by capture. Refused: <c>not-found</c>, <c>invalid-order-state</c>, <c>conflict</c> when there is nothing to take.
    /// </summary>
    [Alias("capture"), Repeatable]
    Task<Result<Order>> CaptureAsync(string captureId, long? amount);

    /// <summary>What front ends of the last version call: part or, with <paramref name="amount"/> null, all of what is left.</summary>
    [Alias("refund"), Repeatable]
    Task<Result<Order>> RefundAsync(string refundId, long? amount, string reason);

    /// <summary>
    /// Refunds an amount, units of lines, or all that is left. Units that were not shipped go back to stock: those that the refund names, and all
    /// of them once everything that was captured is refunded. Idempotent by refund. Refused: <c>not-found</c>, <c>invalid-order-state</c>,
    /// <c>validation-failed</c> for lines that the order does not have, <c>conflict</c> for more money or units than are left.
    /// </summary>
    [Alias("refund-order"), Repeatable]
    Task<Result<Order>> RefundAsync(RefundOrder command);

    /// <summary>The order. Refused: <c>not-found</c>, also when it is not the caller's.</summary>
    [Alias("get"), AlwaysInterleave]
    Task<Result<Order>> GetAsync(Caller caller);

    /// <summary>
    /// Answers as soon as the timeline is longer than <paramref name="seen"/> entries, or after <paramref name="wait"/>
    /// (at most 20 s), whichever is first. Refused like <see cref="GetAsync"/>, and <c>rate-limited</c> when too many watch.
    /// </summary>
    [Alias("watch"), AlwaysInterleave]
    Task<Result<Order>> WatchAsync(Caller caller, int seen, TimeSpan wait, CancellationToken cancellation = default);

    /// <summary>
    /// The buyer's account is being erased: nothing of the buyer stays but what an invoice must name, and that for as long as it must be
    /// kept; later calls remove it when its time has come. Idempotent. Throws <see cref="UnavailableException"/> while the order is not at its end.
    /// </summary>
    [Alias("erase-buyer")]
    Task EraseBuyerAsync();

    /// <summary>
    /// Ends the order for a newer one of its cart: voids its payment at the provider, gives its stock back and cancels it. When the provider says
    /// that it is paid, it stands; the answer tells. Idempotent. Refused: <c>not-found</c> when there is no such order; it cannot be placed any more
    /// then. Throws <see cref="UnavailableException"/> while the provider gives no definite answer; the order goes on ending by itself.
    /// </summary>
    [Alias("supersede")]
    Task<Result<Order>> SupersedeAsync(Guid newerOrderId);

    /// <summary>
    /// A guest's order goes along to the account whose cart takes the guest's cart over: the account sees it from then on, and so does who holds
    /// the guest's cart id. Idempotent; the first account keeps it. An order that does not exist cannot be placed any more.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cartMoved">True when the lines that it buys went along: they leave the account's cart once it is paid.</param>
    [Alias("assign")]
    Task AssignAsync(Guid accountId, bool cartMoved);

    /// <summary>
    /// Looks whether there is something left to do, and does it: what a scheduled event or a payment's news calls. Idempotent.
    /// </summary>
    /// <param name="due">The time for which it was scheduled: it is at least that late, whatever this silo's clock says.</param>
    [Alias("resume")]
    Task ResumeAsync(DateTimeOffset? due = null);
}

/// <summary>Lists orders. Any key; many run side by side.</summary>
[Alias("soonshop.order-list")]
public interface IOrderListGrain : IGrainWithIntegerKey
{
    /// <summary>One page, newest first. Refused: <c>validation-failed</c> for a cursor that is none.</summary>
    [Alias("list")]
    Task<Result<Page<Order>>> ListAsync(OrderQuery query, CancellationToken cancellation = default);
}

/// <summary>Which orders; null means any.</summary>
/// <param name="CustomerId">Of this customer.</param>
/// <param name="CartId">Of the guest with this cart.</param>
/// <param name="Status">In this status.</param>
/// <param name="From">Placed at or after.</param>
/// <param name="To">Placed before.</param>
/// <param name="Page">Which page.</param>
[GenerateSerializer, Immutable, Alias("soonshop.order-query")]
public sealed record OrderQuery(Guid? CustomerId, Guid? CartId, OrderStatus? Status, DateTimeOffset? From, DateTimeOffset? To, PageRequest Page)
{
    /// <summary>True when the buyer asks: nobody else is given what a customer's device needs to pay.</summary>
    [Id(0)] public bool ForBuyer { get; init; }

    /// <summary>With this number.</summary>
    [Id(1)] public string? Number { get; init; }

    /// <summary>With this e-mail address; capital letters and blanks around it do not matter.</summary>
    [Id(2)] public string? Email { get; init; }

    /// <summary>With a line of this stock keeping unit, in its normal form.</summary>
    [Id(3)] public string? Sku { get; init; }
}

/// <summary>Ids of orders.</summary>
public static class OrderId
{
    /// <summary>The id of the order that a customer, or a guest with a cart, makes under an Idempotency-Key.</summary>
    public static Guid For(Caller buyer, string idempotencyKey) => buyer.UserId is { } customer
        ? Deterministic.Id("order", "customer", customer.ToString("N"), idempotencyKey)
        : Deterministic.Id("order", "guest", buyer.CartId!.Value.ToString("N"), idempotencyKey);
}
