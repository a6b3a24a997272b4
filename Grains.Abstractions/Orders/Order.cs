using SoonShop.Payments;
using SoonShop.Pricing;
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
    /// <summary>Units that refunds have named, or that returned to stock unshipped; null for none. They are not shipped.</summary>
    [Id(0)] public ImmutableArray<LineUnits>? RefundedUnits { get; init; }

    /// <summary>The sums with what they are made of, as they were when it was placed; null for orders of older versions.</summary>
    [Id(1)] public PriceSummary? Prices { get; init; }

    /// <summary>The parcels, oldest first; empty from a silo of an older version.</summary>
    [Id(2)] public ImmutableArray<Shipment> Shipments { get => field.IsDefault ? [] : field; init; }

    /// <summary>Units that are left to ship; null for none.</summary>
    [Id(3)] public ImmutableArray<LineUnits>? UnitsToShip { get; init; }

    /// <summary>Units that were cancelled before they were shipped; null for none.</summary>
    [Id(4)] public ImmutableArray<LineUnits>? CancelledUnits { get; init; }

    /// <summary>The returns, oldest first; empty from a silo of an older version.</summary>
    [Id(5)] public ImmutableArray<OrderReturn> Returns { get => field.IsDefault ? [] : field; init; }

    /// <summary>
    /// Which locations have reserved the units that are left to ship; null when all are at the default location, and for buyers.
    /// </summary>
    [Id(6)] public ImmutableArray<AllocatedUnits>? Allocations { get; init; }

    /// <summary>The draft order that it was placed from; null for an order from a cart, and for buyers.</summary>
    [Id(7)] public Guid? DraftId { get; init; }

    /// <summary>The exchanges of its returns and of its units, oldest first; empty from a silo of an older version.</summary>
    [Id(8)] public ImmutableArray<OrderExchange> Exchanges { get => field.IsDefault ? [] : field; init; }

    /// <summary>What an earlier order pays of this one, which is the new order of an exchange; null for any other order.</summary>
    [Id(9)] public OrderCredit? ExchangeFor { get; init; }

    /// <summary>Returns the order for everybody except its buyer.</summary>
    public Order WithoutClientSecret() =>
        Payment.ClientSecret is null ? this : this with { Payment = Payment with { ClientSecret = null } };
}

/// <summary>A line of an order, with the prices at which it was placed.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Name">The product's name at that time.</param>
/// <param name="Quantity">Units.</param>
/// <param name="UnitPrice">The price of one unit, without tax unless the order's prices include it.</param>
/// <param name="LineTotal">Quantity × unit price.</param>
/// <param name="Tax">This line's share of the order's tax; the shares of lines and shipping add up to it exactly.</param>
[GenerateSerializer, Immutable, Alias("soonshop.order-line")]
public sealed record OrderLine(string Sku, string Name, int Quantity, Money UnitPrice, Money LineTotal, Money Tax)
{
    /// <summary>The discounts on it, with its share of discounts on the order; null for none.</summary>
    [Id(0)] public Money? Discount { get; init; }

    /// <summary>True for units that a promotion added for free.</summary>
    [Id(1)] public bool IsGift { get; init; }
}

/// <summary>The payment within an order.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.order-payment")]
public sealed record OrderPayment(Guid Id, PaymentStatus Status, Money Amount, Money Refunded, string Method, string? ClientSecret)
{
    /// <summary>
    /// The captured amount so far. With manual capture it is zero until the order is shipped; after a partial capture it is less than the
    /// amount.
    /// </summary>
    [Id(0)] public Money Captured { get; init; } = Amount with { Amount = 0 };

    /// <summary>The dispute, if there is one.</summary>
    [Id(1)] public Dispute? Dispute { get; init; }

    /// <summary>The part of the amount that an earlier order pays, in an exchange; null for none.</summary>
    [Id(2)] public Money? Credit { get; init; }
}

/// <summary>When an order reached a status.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.timeline-entry")]
public sealed record TimelineEntry(DateTimeOffset At, OrderStatus Status);

/// <summary>The status of an order.</summary>
[Alias("soonshop.order-status")]
public enum OrderStatus
{
    /// <summary>Placed; stock and payment are in progress.</summary>
    Pending,
    /// <summary>Stock is reserved; the customer must act or try another card before the deadline.</summary>
    AwaitingPayment,
    /// <summary>Paid; some or all units are left to ship.</summary>
    Confirmed,
    /// <summary>All units that are not cancelled were handed to the carrier.</summary>
    Shipped,
    /// <summary>Delivered to the customer.</summary>
    Delivered,
    /// <summary>Cancelled; stock returned, money refunded.</summary>
    Cancelled,
    /// <summary>There was not enough stock; nothing was charged.</summary>
    Rejected,
    /// <summary>Not paid in time; nothing was charged.</summary>
    Expired,
    /// <summary>The whole amount was refunded.</summary>
    Refunded,
}
