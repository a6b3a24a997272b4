using Orleans.Concurrency;

namespace SoonShop.Orders;

/// <summary>
/// An order, including its checkout. Keyed by the order's id, which is derived from the buyer and the Idempotency-Key
/// (<see cref="OrderId"/>), so that a repeated checkout reaches the same grain.
/// </summary>
[Alias("soonshop.order")]
public interface IOrderGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Creates an order from the buyer's cart: place, reserve, pay, confirm. An earlier unpaid order of the cart is superseded first. If
    /// that one turns out to be paid, it is the result, and no new order is created.
    /// Idempotent: a repeated command gets the first response; a different one with the same key gets <c>idempotency-key-reused</c>. Errors
    /// without an order: <c>cart-empty</c>, <c>conflict</c> (with a quote when the total is not the expected one),
    /// <c>precondition-failed</c> when the cart is not the expected one (the key may then be used again), <c>validation-failed</c>,
    /// <c>not-found</c>. Errors with an order: <c>out-of-stock</c>, <c>payment-declined</c>.
    /// Throws <see cref="UnavailableException"/> when the checkout cannot be completed now; the order then continues by itself.
    /// </summary>
    [Alias("place"), Repeatable]
    Task<Placement> PlaceAsync(PlaceOrder command);

    /// <summary>
    /// Creates an order from a draft: place, reserve, and wait for the payment until the draft's deadline; an order without costs is
    /// confirmed. It has no cart. Idempotent: a repeated command returns the first response. Errors without an order:
    /// <c>validation-failed</c>, <c>out-of-stock</c>, <c>conflict</c> with a quote that cannot be ordered. Errors with a rejected order, of
    /// which stock or a promotion was used up at the last moment: <c>out-of-stock</c>, <c>conflict</c>.
    /// Throws <see cref="UnavailableException"/> when the order cannot be completed now; it then continues by itself.
    /// </summary>
    [Alias("place-draft"), Repeatable]
    Task<Result<Order>> PlaceDraftAsync(PlaceDraftOrder command);

    /// <summary>
    /// Attempts another payment while the order awaits payment. Idempotent by attempt. Errors: <c>not-found</c>,
    /// <c>invalid-order-state</c>, <c>payment-declined</c>.
    /// </summary>
    /// <param name="caller">The buyer.</param>
    /// <param name="attemptId">The operation id.</param>
    /// <param name="paymentMethod">The provider's payment method, or one that is saved for the customer.</param>
    /// <param name="savePaymentMethod">True to save it for the customer; no effect for guests.</param>
    [Alias("pay"), Repeatable]
    Task<Result<Order>> PayAsync(Caller caller, string attemptId, string paymentMethod, bool savePaymentMethod = false);

    /// <summary>
    /// Cancels the order. Units that are not back in stock return to it, and captured money that is left is refunded. Idempotent. Errors:
    /// <c>not-found</c>, <c>invalid-order-state</c> once shipped.
    /// </summary>
    [Alias("cancel"), Repeatable]
    Task<Result<Order>> CancelAsync(Caller caller, string? reason);

    /// <summary>
    /// Corrects the e-mail address or the shipping address; the prices stay. The buyer gets no message. The e-mail address can be changed
    /// in every status, and from then on mails to a guest go to the new one; an account gets its mails at the account's own address. An
    /// account that has adopted the order by the former address (<see cref="AdoptAsync"/>) loses it. Tokens of links and lookups
    /// (<see cref="MailLinkAsync"/>) are bound to the order's address: those for the former address open nothing any more, unless it is
    /// entered again while they are valid. The shipping address can be changed until a parcel leaves. Idempotent: an order that has both
    /// already stays as it is. Errors: <c>not-found</c>, <c>validation-failed</c> for an address as at a checkout,
    /// <c>invalid-order-state</c>, also for an erased buyer, <c>conflict</c> for a place for which the prices were not computed.
    /// Throws <see cref="UnavailableException"/> while a silo of an older version is in the cluster.
    /// </summary>
    [Alias("update"), Repeatable]
    Task<Result<Order>> UpdateAsync(UpdateOrder command);

    /// <summary>
    /// Records the shipment of all units that are not back in stock, after capturing the authorized amount. Idempotent for the same
    /// tracking number. Errors: <c>not-found</c>, <c>invalid-order-state</c>, also when no unit is left to ship, <c>conflict</c> when the
    /// money cannot be captured.
    /// </summary>
    [Alias("ship"), Repeatable]
    Task<Result<Order>> ShipAsync(string carrier, string trackingNumber);

    /// <summary>
    /// Records a parcel, after capturing the authorized amount of the units that are not cancelled. Idempotent by shipment. Errors:
    /// <c>not-found</c>, <c>invalid-order-state</c>, also when no unit is left to ship, <c>validation-failed</c> for lines that the order
    /// does not have, <c>conflict</c> for more units than are left to ship, or when the money cannot be captured.
    /// </summary>
    [Alias("ship-units"), Repeatable]
    Task<Result<Order>> ShipAsync(ShipUnits command);

    /// <summary>
    /// Lets another location ship units. They stay reserved where they are until the other location has reserved them. Idempotent by move
    /// id. Errors: <c>not-found</c>; <c>validation-failed</c> for an unknown location; <c>conflict</c> when fewer units are left to ship at
    /// the location; <c>out-of-stock</c> when the other location does not have them.
    /// </summary>
    [Alias("move-units"), Repeatable]
    Task<Result<Order>> MoveUnitsAsync(MoveUnits command);

    /// <summary>Corrects a parcel. Idempotent. Errors: <c>not-found</c>, also for an unknown shipment.</summary>
    [Alias("correct-shipment"), Repeatable]
    Task<Result<Order>> CorrectShipmentAsync(CorrectShipment command);

    /// <summary>
    /// Records the delivery of one parcel. The order is delivered with its last parcel. Idempotent. Errors: <c>not-found</c>, also for an
    /// unknown shipment.
    /// </summary>
    [Alias("deliver-shipment"), Repeatable]
    Task<Result<Order>> DeliverShipmentAsync(Guid shipmentId);

    /// <summary>
    /// Cancels units that are not shipped. They return to stock, and their share of a captured payment is refunded; of an authorized
    /// payment less is captured. When nothing of the order would be left, the order is cancelled. Idempotent by cancellation. Errors:
    /// <c>not-found</c>, <c>invalid-order-state</c>, <c>validation-failed</c> for lines that the order does not have, <c>conflict</c> for
    /// more units than are left to ship.
    /// </summary>
    [Alias("cancel-units"), Repeatable]
    Task<Result<Order>> CancelUnitsAsync(Caller caller, CancelUnits command);

    /// <summary>
    /// Requests a return of shipped units. Idempotent by return. Administrators are not bound to the time for returns. Errors:
    /// <c>not-found</c>, <c>validation-failed</c> for lines that the order does not have or for an unknown reason, <c>conflict</c> for more
    /// units than can be returned or when the time is over.
    /// </summary>
    [Alias("request-return"), Repeatable]
    Task<Result<Order>> RequestReturnAsync(Caller caller, RequestReturn command);

    /// <summary>Cancels a return that has not arrived. Idempotent. Errors: <c>not-found</c>, <c>conflict</c> in another status.</summary>
    [Alias("cancel-return"), Repeatable]
    Task<Result<Order>> CancelReturnAsync(Caller caller, Guid returnId);

    /// <summary>
    /// Approves or refuses a return. The buyer gets the note. Idempotent. Errors: <c>not-found</c>, <c>conflict</c> in another status.
    /// </summary>
    [Alias("decide-return"), Repeatable]
    Task<Result<Order>> DecideReturnAsync(Guid returnId, bool approved, string? note);

    /// <summary>
    /// Records what arrived of an approved return, and returns the restocked units to stock. Idempotent for the same units. Errors:
    /// <c>not-found</c>, <c>validation-failed</c> when the units do not add up, <c>conflict</c> in another status.
    /// </summary>
    [Alias("receive-return"), Repeatable]
    Task<Result<Order>> ReceiveReturnAsync(Guid returnId, ImmutableArray<ReceivedUnits> received);

    /// <summary>
    /// Refunds what arrived of a return: its share of the order's frozen prices, less the fee, and the shipping costs when everything came
    /// back; never more than is left of the captured amount. Idempotent: a return is refunded once. Errors: <c>not-found</c>,
    /// <c>validation-failed</c> for a fee above the value, <c>conflict</c> in another status, or when the provider refuses.
    /// </summary>
    [Alias("refund-return"), Repeatable]
    Task<Result<Order>> RefundReturnAsync(RefundReturn command);

    /// <summary>
    /// Returns what an exchange of a received return, or of units that are not shipped, would cost now. Errors: <c>not-found</c>;
    /// <c>validation-failed</c> for a fee above the value, or for lines that cannot be ordered; <c>conflict</c> in another status, for more
    /// units than are left to ship, or when nothing of a return can be credited; <c>invalid-order-state</c>.
    /// </summary>
    [Alias("quote-exchange"), Repeatable]
    Task<Result<ExchangeQuote>> QuoteExchangeAsync(ExchangeUnits command);

    /// <summary>
    /// Exchanges what arrived of a return, or units that are not shipped, for a new order of the same buyer, which they pay for. The buyer
    /// is mailed a link to pay the difference, or gets the rest refunded. Units are cancelled once the new order is paid, and cannot be
    /// shipped until then. Idempotent by exchange. Errors: as <see cref="QuoteExchangeAsync"/>; <c>out-of-stock</c>; <c>conflict</c> with a
    /// quote when the total is not the expected one. Throws <see cref="UnavailableException"/> when it cannot be completed now; it then
    /// continues by itself.
    /// </summary>
    [Alias("exchange-units"), Repeatable]
    Task<Result<Order>> ExchangeAsync(ExchangeUnits command);

    /// <summary>Records the delivery of all parcels. Idempotent. Errors: <c>not-found</c>, <c>invalid-order-state</c>.</summary>
    [Alias("deliver"), Repeatable]
    Task<Result<Order>> DeliverAsync();

    /// <summary>
    /// Records the delivery of an order that was shipped longer ago than configured. Does nothing for any other order. Idempotent.
    /// </summary>
    [Alias("close-delivery"), Repeatable]
    Task CloseDeliveryAsync();

    /// <summary>
    /// Captures part of the authorized amount or, with <paramref name="amount"/> null, all of it. Shipping captures all of it
    /// automatically. Idempotent by capture. Errors: <c>not-found</c>, <c>invalid-order-state</c>, <c>conflict</c> when nothing can be
    /// captured.
    /// </summary>
    [Alias("capture"), Repeatable]
    Task<Result<Order>> CaptureAsync(string captureId, long? amount);

    /// <summary>
    /// Called by front ends of the previous version: refunds part of the rest or, with <paramref name="amount"/> null, all of it.
    /// </summary>
    [Alias("refund"), Repeatable]
    Task<Result<Order>> RefundAsync(string refundId, long? amount, string reason);

    /// <summary>
    /// Refunds an amount, units of lines, or the whole rest. Unshipped units return to stock: those that the refund names, and all of them
    /// once the whole captured amount is refunded. Idempotent by refund. Errors: <c>not-found</c>, <c>invalid-order-state</c>,
    /// <c>validation-failed</c> for lines that the order does not have, <c>conflict</c> for more money or units than are left.
    /// </summary>
    [Alias("refund-order"), Repeatable]
    Task<Result<Order>> RefundAsync(RefundOrder command);

    /// <summary>Returns the order. Error: <c>not-found</c>, also when it does not belong to the caller.</summary>
    [Alias("get"), AlwaysInterleave]
    Task<Result<Order>> GetAsync(Caller caller);

    /// <summary>
    /// Returns the order as soon as its timeline has more than <paramref name="seen"/> entries, or after <paramref name="wait"/> (at most
    /// 20 s). Errors: as <see cref="GetAsync"/>, and <c>rate-limited</c> when there are too many watchers.
    /// </summary>
    [Alias("watch"), AlwaysInterleave]
    Task<Result<Order>> WatchAsync(Caller caller, int seen, TimeSpan wait, CancellationToken cancellation = default);

    /// <summary>
    /// Erases the buyer, because the account is being erased. The data that an invoice must contain stays for its retention period; a later
    /// call removes it. Idempotent. Throws <see cref="UnavailableException"/> while the order has not ended.
    /// </summary>
    [Alias("erase-buyer")]
    Task EraseBuyerAsync();

    /// <summary>
    /// Ends the order in favour of a newer one of its cart: voids its payment at the provider, returns its stock and cancels it. If the
    /// provider reports that it is paid, the order stands; the result tells. Idempotent. Error: <c>not-found</c> when there is no such
    /// order, which then can no longer be placed. Throws <see cref="UnavailableException"/> while the provider gives no definite response;
    /// the order continues to end by itself.
    /// </summary>
    [Alias("supersede")]
    Task<Result<Order>> SupersedeAsync(Guid newerOrderId);

    /// <summary>
    /// Assigns a guest's order to the account whose cart takes over the guest's cart. Afterwards both the account and the holder of the
    /// guest's cart id can see it. Idempotent; the first account keeps it. An order that does not exist can no longer be placed.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <param name="cartMoved">True when its lines moved, too: they leave the account's cart once the order is paid.</param>
    [Alias("assign")]
    Task AssignAsync(Guid accountId, bool cartMoved);

    /// <summary>
    /// Assigns a guest's order to the account that has verified its e-mail address, if that is still the order's address. Afterwards both
    /// the account and the holder of the guest's cart id can see it, until <see cref="UpdateAsync"/> gives it another address. Idempotent;
    /// the first account keeps it. Returns true when the order is the account's, and false otherwise, also when there is no such order.
    /// </summary>
    /// <param name="accountId">The account.</param>
    /// <param name="emailProof">Proves the verified address without containing it.</param>
    [Alias("adopt"), Repeatable]
    Task<bool> AdoptAsync(Guid accountId, string emailProof);

    /// <summary>
    /// Mails a link to the order to its e-mail address, if that is the requested one and the buyer is not erased. A guest's order is opened
    /// by the link's token; an order that was placed with an account needs its sign-in. Idempotent by event. Returns false when there is
    /// nothing to mail.
    /// </summary>
    [Alias("mail-link"), Repeatable]
    Task<bool> MailLinkAsync(OrderLinkRequest request);

    /// <summary>
    /// Executes the pending steps, if there are any. Called by scheduled events and payment updates. Idempotent.
    /// </summary>
    /// <param name="due">The scheduled time: it has passed by the database's clock, whatever this silo's clock says.</param>
    [Alias("resume")]
    Task ResumeAsync(DateTimeOffset? due = null);
}

/// <summary>Lists orders. Any key addresses it; different keys run in parallel.</summary>
[Alias("soonshop.order-list")]
public interface IOrderListGrain : IGrainWithIntegerKey
{
    /// <summary>Returns one page, newest first. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("list")]
    Task<Result<Page<Order>>> ListAsync(OrderQuery query, CancellationToken cancellation = default);
}

/// <summary>A filter for orders; null matches everything.</summary>
/// <param name="CustomerId">Orders of this customer.</param>
/// <param name="CartId">Orders of the guest with this cart.</param>
/// <param name="Status">Orders in this status.</param>
/// <param name="From">Orders placed at or after this time.</param>
/// <param name="To">Orders placed before this time.</param>
/// <param name="Page">The page.</param>
[GenerateSerializer, Immutable, Alias("soonshop.order-query")]
public sealed record OrderQuery(
    Guid? CustomerId, Guid? CartId, OrderStatus? Status, DateTimeOffset? From, DateTimeOffset? To, PageRequest Page)
{
    /// <summary>True when the caller is the buyer: nobody else gets the secret with which a device completes the payment.</summary>
    [Id(0)] public bool ForBuyer { get; init; }

    /// <summary>The order with this number.</summary>
    [Id(1)] public string? Number { get; init; }

    /// <summary>Orders with this e-mail address; case and surrounding blanks do not matter.</summary>
    [Id(2)] public string? Email { get; init; }

    /// <summary>Orders with a line of this SKU, in its normal form.</summary>
    [Id(3)] public string? Sku { get; init; }

    /// <summary>Orders with a return in this status.</summary>
    [Id(4)] public ReturnStatus? ReturnStatus { get; init; }
}

/// <summary>Derives ids of orders.</summary>
public static class OrderId
{
    /// <summary>Returns the id of the order of a customer, or of a guest with a cart, for an Idempotency-Key.</summary>
    public static Guid For(Caller buyer, string idempotencyKey) => buyer.UserId is { } customer
        ? Deterministic.Id("order", "customer", customer.ToString("N"), idempotencyKey)
        : Deterministic.Id("order", "guest", buyer.CartId!.Value.ToString("N"), idempotencyKey);

    /// <summary>Returns the id of the order of a draft.</summary>
    /// <param name="draftId">The draft.</param>
    /// <param name="rejected">How many orders of it were rejected before.</param>
    public static Guid ForDraft(Guid draftId, int rejected) => Deterministic.Id("order", "draft", draftId.ToString("N"), $"{rejected}");

    /// <summary>Returns the id of the new order of an exchange.</summary>
    public static Guid ForExchange(Guid exchangeId) => Deterministic.Id("order", "exchange", exchangeId.ToString("N"));
}
