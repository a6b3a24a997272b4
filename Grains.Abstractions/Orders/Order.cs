using SoonShop.Payments;
using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>An order as its buyer and administrators see it.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.order-view")]
public sealed record Order(
    Guid Id, string Number, OrderStatus Status, Guid? CustomerId, string Email, ImmutableArray<OrderLine> Lines,
    Money Subtotal, Money Shipping, Money Tax, Money Discount, Money Total, Address ShippingAddress, OrderPayment Payment,
    ImmutableArray<TimelineEntry> Timeline, DateTimeOffset PlacedAt, DateTimeOffset? PaymentDeadline, Shipment? Shipment,
    string? CancelReason)
{
    /// <summary>Units that refunds have named, or that went back to stock unshipped; null while there are none. They are not shipped any more.</summary>
    [Id(0)] public ImmutableArray<LineUnits>? RefundedUnits { get; init; }

    /// <summary>The order for everybody but its buyer.</summary>
    public Order WithoutClientSecret() => Payment.ClientSecret is null ? this : this with { Payment = Payment with { ClientSecret = null } };
}

/// <summary>A line of an order; prices are those of the moment it was placed.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Name">The product's name then.</param>
/// <param name="Quantity">Units.</param>
/// <param name="UnitPrice">Price of one, without tax.</param>
/// <param name="LineTotal">Quantity × unit price.</param>
/// <param name="Tax">This line's share of the order's tax; the shares of lines and shipping add up to it exactly.</param>
[GenerateSerializer, Immutable, Alias("soonshop.order-line")]
public sealed record OrderLine(string Sku, string Name, int Quantity, Money UnitPrice, Money LineTotal, Money Tax);

/// <summary>The payment within an order.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.order-payment")]
public sealed record OrderPayment(Guid Id, PaymentStatus Status, Money Amount, Money Refunded, string Method, string? ClientSecret)
{
    /// <summary>What was taken so far; with manual capture that is nothing until the order is shipped, and less than the amount after a partial capture.</summary>
    [Id(0)] public Money Captured { get; init; } = Amount with { Amount = 0 };

    /// <summary>The customer's complaint to the bank, if there is one.</summary>
    [Id(1)] public Dispute? Dispute { get; init; }
}

/// <summary>When an order took a status.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.timeline-entry")]
public sealed record TimelineEntry(DateTimeOffset At, OrderStatus Status);

/// <summary>The hand-over to a carrier.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.shipment")]
public sealed record Shipment(string Carrier, string TrackingNumber, DateTimeOffset ShippedAt);

/// <summary>The life of an order.</summary>
[Alias("soonshop.order-status")]
public enum OrderStatus
{
    /// <summary>Placed; stock and payment are being seen to.</summary>
    Pending,
    /// <summary>Stock is reserved; the customer must act or try another card before the deadline.</summary>
    AwaitingPayment,
    /// <summary>Paid and sold.</summary>
    Confirmed,
    /// <summary>With the carrier.</summary>
    Shipped,
    /// <summary>With the customer.</summary>
    Delivered,
    /// <summary>Called off; stock returned, money refunded.</summary>
    Cancelled,
    /// <summary>Stock could not fill it; nothing was charged.</summary>
    Rejected,
    /// <summary>Payment did not come in time; nothing was charged.</summary>
    Expired,
    /// <summary>All of the money was given back.</summary>
    Refunded,
}
