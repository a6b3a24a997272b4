using System.Text.Json.Serialization;
using SoonShop.Events;
using SoonShop.Privacy;

namespace SoonShop.Orders;

/// <summary>The part that every order event contains.</summary>
public sealed record OrderSummary(Guid OrderId, string Number, Guid? CustomerId, [property: Personal] string Email, Money Total);

/// <summary>Units of an order, with the product's name.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Name">The product's name when the order was placed.</param>
/// <param name="Quantity">Units.</param>
[GenerateSerializer, Immutable, Alias("soonshop.ordered-units")]
public sealed record OrderedUnits(string Sku, string Name, int Quantity);

/// <summary>An order was placed. Its stock is not reserved and its payment not made yet.</summary>
public sealed record OrderPlaced(OrderSummary Order, ImmutableArray<OrderLine> Lines) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.placed";
}

/// <summary>The stock is reserved. The customer has to pay before the deadline.</summary>
public sealed record OrderAwaitingPayment(OrderSummary Order, DateTimeOffset Deadline) : IShopEvent
{
    /// <summary>True when staff placed the order for the customer, who is mailed a link that pays.</summary>
    public bool IsPaidByLink { get; init; }

    /// <summary>What staff writes to the customer in that mail; null for nothing.</summary>
    [Personal] public string? Message { get; init; }

    /// <summary>What an earlier order pays of the total, in an exchange; null for nothing.</summary>
    public Money? Credited { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.awaiting-payment";
}

/// <summary>The order is paid, or its payment authorized. Its units are reserved until they are shipped.</summary>
public sealed record OrderConfirmed(OrderSummary Order) : IShopEvent
{
    /// <summary>The ordered lines; null in events of older versions.</summary>
    public ImmutableArray<OrderLine>? Lines { get; init; }

    /// <summary>The sum of the lines; null in events of older versions.</summary>
    public Money? Subtotal { get; init; }

    /// <summary>The price of shipping; null in events of older versions.</summary>
    public Money? Shipping { get; init; }

    /// <summary>The tax on lines and shipping; null in events of older versions.</summary>
    public Money? Tax { get; init; }

    /// <summary>All discounts; null for none.</summary>
    public Money? Discount { get; init; }

    /// <summary>True when prices include the tax; otherwise the tax is added.</summary>
    public bool TaxIncluded { get; init; }

    /// <summary>The tax inside prices that an exempt buyer does not pay; null for none.</summary>
    public Money? TaxDeducted { get; init; }

    /// <summary>What makes the total payable in its currency, possibly less than 0; null for nothing.</summary>
    public Money? Rounding { get; init; }

    /// <summary>Why the buyer pays no tax, such as a VAT number; null for a buyer who pays it.</summary>
    [Personal] public string? TaxExemptionReason { get; init; }

    /// <summary>What an earlier order pays of the total, in an exchange; null for nothing.</summary>
    public Money? Credited { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.confirmed";
}

/// <summary>Staff corrected the order. A new shipping address is only in the order itself; the buyer gets no message.</summary>
/// <param name="Order">The order, with the e-mail address that it has now.</param>
/// <param name="Fields">The changed fields of the order: <c>email</c>, <c>shippingAddress</c>.</param>
public sealed record OrderUpdated(OrderSummary Order, ImmutableArray<string> Fields) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.updated";
}

/// <summary>There was not enough stock for the order. Nothing was charged.</summary>
public sealed record OrderRejected(OrderSummary Order, ImmutableArray<Shortage> Shortages) : IShopEvent
{
    /// <summary>True for an order from a draft: staff is told, and not the customer.</summary>
    public bool IsFromDraft { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.rejected";
}

/// <summary>The order was not paid before its deadline. Its stock is released.</summary>
public sealed record OrderExpired(OrderSummary Order) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.expired";
}

/// <summary>The order was cancelled by the customer, an administrator or the shop.</summary>
public sealed record OrderCancelled(OrderSummary Order, [property: Personal] string? Reason) : IShopEvent
{
    /// <summary>True when money was taken for it and is refunded; null in events of earlier versions.</summary>
    public bool? Paid { get; init; }

    /// <summary>True when it was never paid and a newer checkout of the same cart took its place.</summary>
    public bool Superseded { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.cancelled";
}

/// <summary>A parcel was handed to the carrier, and units are left to ship.</summary>
public sealed record OrderPartiallyShipped(
    OrderSummary Order, string Carrier, [property: Personal] string TrackingNumber, Guid ShipmentId, ImmutableArray<OrderedUnits> Lines)
    : IShopEvent
{
    /// <summary>The carrier's page about the parcel; null when none is known.</summary>
    [Personal] public string? TrackingUrl { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.partially-shipped";
}

/// <summary>The order, or the last parcel of it, was handed to the carrier.</summary>
public sealed record OrderShipped(OrderSummary Order, string Carrier, [property: Personal] string TrackingNumber) : IShopEvent
{
    /// <summary>The parcel; null in events of older versions.</summary>
    public Guid? ShipmentId { get; init; }

    /// <summary>The units of the parcel; null in events of older versions.</summary>
    public ImmutableArray<OrderedUnits>? Lines { get; init; }

    /// <summary>True when no parcel left now: the units that were left to ship were cancelled after the parcel had left.</summary>
    public bool RestCancelled { get; init; }

    /// <summary>The carrier's page about the parcel; null when none is known.</summary>
    [Personal] public string? TrackingUrl { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.shipped";
}

/// <summary>The carrier or the tracking number of a parcel was corrected.</summary>
public sealed record OrderShipmentCorrected(
    OrderSummary Order, Guid ShipmentId, string Carrier, [property: Personal] string TrackingNumber) : IShopEvent
{
    /// <summary>The carrier's page about the parcel; null when none is known.</summary>
    [Personal] public string? TrackingUrl { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.shipment-corrected";
}

/// <summary>A parcel was delivered, and others are not delivered yet.</summary>
public sealed record OrderPartiallyDelivered(OrderSummary Order, Guid ShipmentId, ImmutableArray<OrderedUnits> Lines) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.partially-delivered";
}

/// <summary>Units were cancelled before they were shipped. The other units of the order stand.</summary>
public sealed record OrderUnitsCancelled(
    OrderSummary Order, ImmutableArray<OrderedUnits> Lines, [property: Personal] string? Reason) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.units-cancelled";
}

/// <summary>The order was delivered.</summary>
public sealed record OrderDelivered(OrderSummary Order) : IShopEvent
{
    /// <summary>True when the order closed by itself after <c>Checkout:DeliveredAfterDays</c>, and nobody reported the delivery.</summary>
    public bool Automatic { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.delivered";
}

/// <summary>Part or all of the money was refunded.</summary>
public sealed record OrderRefunded(OrderSummary Order, Money RefundedInAll) : IShopEvent
{
    /// <summary>What pays for the new order of an exchange instead of going back to the buyer; null for nothing.</summary>
    public Money? Credited { get; init; }

    /// <summary>The number of that order; null without one.</summary>
    public string? ExchangeOrderNumber { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.refunded";
}

/// <summary>The bank returned a full refund. The order has its earlier status again.</summary>
public sealed record OrderRefundFailed(OrderSummary Order, Money RefundedInAll) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.refund-failed";
}

/// <summary>
/// A timer: at <paramref name="DueAt"/> the order resumes its checkout, applies its payment deadline, or completes what follows its
/// confirmation, refund, cancellation or expiry. It may be delivered at any time and any number of times.
/// </summary>
public sealed record CheckoutTimeout(Guid OrderId, DateTimeOffset DueAt) : IShopEvent
{
    /// <summary>The CloudEvents type.</summary>
    public const string EventType = "order.checkout-due";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => EventType;

    /// <inheritdoc/>
    [JsonIgnore] public DateTimeOffset? NotBefore => DueAt;

    /// <summary>A stream of its own: a timeout does not wait for the customer's other events, and concerns no customer.</summary>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, OrderId.ToString("N"));

    /// <summary>The namespace of the orders' timeouts; the key is the order id.</summary>
    public const string StreamNamespace = "checkout";
}
