using SoonShop.Privacy;

namespace SoonShop.Orders;

/// <summary>
/// An exchange: what arrived of a return, or units that are not shipped, pay for a new order. If the new order costs more, its buyer pays
/// the difference; if it costs less, the rest is refunded. Until the new order is paid, the exchange is pending, and the return or the
/// units wait; an order that ends unpaid cancels the exchange.
/// </summary>
/// <param name="Id">The id.</param>
/// <param name="Status">The status.</param>
/// <param name="ReturnId">The return; null when units that are not shipped are exchanged.</param>
/// <param name="OrderId">The new order.</param>
/// <param name="Value">What the return or the units were worth, from the order's frozen prices.</param>
/// <param name="At">When it was begun.</param>
[GenerateSerializer, Immutable, Alias("soonshop.order-exchange")]
public sealed record OrderExchange(Guid Id, ExchangeStatus Status, Guid? ReturnId, Guid OrderId, Money Value, DateTimeOffset At)
{
    /// <summary>The units that are cancelled once the new order is paid; null for a return.</summary>
    [Id(2)] public ImmutableArray<LineUnits>? Units { get; init; }

    /// <summary>What was kept of the value of the goods; null for nothing.</summary>
    [Id(0)] public Money? Fee { get; init; }

    /// <summary>What pays for the new order; null until it is known.</summary>
    [Id(1)] public Money? Credit { get; init; }
}

/// <summary>The status of an exchange.</summary>
[Alias("soonshop.exchange-status")]
public enum ExchangeStatus
{
    /// <summary>The new order waits for the payment of the difference.</summary>
    Pending,
    /// <summary>The new order is paid.</summary>
    Completed,
    /// <summary>The new order ended unpaid. The return can be refunded or exchanged; the units can be shipped.</summary>
    Cancelled,
}

/// <summary>What an earlier order pays of an order.</summary>
/// <param name="OrderId">The earlier order.</param>
/// <param name="ExchangeId">The exchange.</param>
/// <param name="Amount">The amount.</param>
[GenerateSerializer, Immutable, Alias("soonshop.order-credit")]
public sealed record OrderCredit(Guid OrderId, Guid ExchangeId, Money Amount);

/// <summary>An exchange of what arrived of a return, or of units that are not shipped.</summary>
/// <param name="ExchangeId">The operation id.</param>
/// <param name="ReturnId">The return; null for an exchange of units.</param>
/// <param name="Lines">The lines of the new order, each of another product.</param>
[GenerateSerializer, Immutable, Alias("soonshop.exchange-units")]
public sealed record ExchangeUnits(Guid ExchangeId, Guid? ReturnId, ImmutableArray<DraftOrderLine> Lines)
{
    /// <summary>Without a return: the units to cancel; empty when the order only gets more lines.</summary>
    [Id(6)] public ImmutableArray<LineUnits> Units { get => field.IsDefault ? [] : field; init; }

    /// <summary>Minor units that the shop keeps of the value of the goods.</summary>
    [Id(0)] public long Fee { get; init; }

    /// <summary>The id of the new order's shipping method; null for the cheapest one that delivers.</summary>
    [Id(1)] public string? ShippingMethod { get; init; }

    /// <summary>The price of shipping the new order; null for none.</summary>
    [Id(2)] public Money? ShippingPrice { get; init; }

    /// <summary>A message to the customer, which the mail with the payment link contains.</summary>
    [Id(3), Personal] public string? Message { get; init; }

    /// <summary>For how many days the difference can be paid; null for the time that draft orders have.</summary>
    [Id(4)] public int? ValidDays { get; init; }

    /// <summary>The total of the new order that staff was shown; a different total is an error. Null for any.</summary>
    [Id(5)] public Money? ExpectedTotal { get; init; }
}

/// <summary>What an exchange would cost now.</summary>
/// <param name="Value">What the return or the units are worth, as far as it is paid and not refunded, less the fee.</param>
/// <param name="Quote">What the new order costs.</param>
/// <param name="Credit">What of the value pays for the new order.</param>
/// <param name="ToPay">What the buyer pays.</param>
/// <param name="ToRefund">What is refunded to the buyer.</param>
[GenerateSerializer, Immutable, Alias("soonshop.exchange-quote")]
public sealed record ExchangeQuote(Money Value, OrderQuote Quote, Money Credit, Money ToPay, Money ToRefund);
