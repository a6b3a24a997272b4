using System.Text.Json.Serialization;
using SoonShop.Events;
using SoonShop.Privacy;

namespace SoonShop.Orders;

/// <summary>What every order event tells.</summary>
public sealed record OrderFacts(Guid OrderId, string Number, Guid? CustomerId, [property: Personal] string Email, Money Total);

/// <summary>An order was placed; whether it can be filled and paid is not known yet.</summary>
public sealed record OrderPlaced(OrderFacts Order, ImmutableArray<OrderLine> Lines) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.placed";
}

/// <summary>Stock is reserved; payment did not go through yet.</summary>
public sealed record OrderAwaitingPayment(OrderFacts Order, DateTimeOffset Deadline) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.awaiting-payment";
}

/// <summary>Paid: the sale stands.</summary>
public sealed record OrderConfirmed(OrderFacts Order) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.confirmed";
}

/// <summary>Stock could not fill it.</summary>
public sealed record OrderRejected(OrderFacts Order, ImmutableArray<Shortage> Shortages) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.rejected";
}

/// <summary>Payment did not come in time.</summary>
public sealed record OrderExpired(OrderFacts Order) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.expired";
}

/// <summary>Called off.</summary>
public sealed record OrderCancelled(OrderFacts Order, [property: Personal] string? Reason) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.cancelled";
}

/// <summary>With the carrier.</summary>
public sealed record OrderShipped(OrderFacts Order, string Carrier, [property: Personal] string TrackingNumber) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.shipped";
}

/// <summary>With the customer.</summary>
public sealed record OrderDelivered(OrderFacts Order) : IShopEvent
{
    /// <summary>True when nobody noted the delivery, and it closed by itself after a time.</summary>
    public bool Automatic { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.delivered";
}

/// <summary>Part or all of the money was given back.</summary>
public sealed record OrderRefunded(OrderFacts Order, Money RefundedInAll) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.refunded";
}

/// <summary>The bank could not give back what was refunded in full: the order is what it was before.</summary>
public sealed record OrderRefundFailed(OrderFacts Order, Money RefundedInAll) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "order.refund-failed";
}

/// <summary>
/// A reminder that the order sends to itself: at <paramref name="DueAt"/> it looks whether its checkout, its payment
/// deadline or its compensation still needs something. Safe to deliver at any time and any number of times.
/// </summary>
public sealed record OrderCheckoutDue(Guid OrderId, DateTimeOffset DueAt) : IShopEvent
{
    /// <summary>The CloudEvents type.</summary>
    public const string EventType = "order.checkout-due";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => EventType;

    /// <inheritdoc/>
    [JsonIgnore] public DateTimeOffset? NotBefore => DueAt;

    /// <summary>Apart from what the customer's stream tells: a reminder waits for none of that, and is nobody's news.</summary>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, OrderId.ToString("N"));

    /// <summary>The namespace of the orders' reminders to themselves; the key is the order id.</summary>
    public const string StreamNamespace = "checkout";
}
