using SoonShop.Privacy;

namespace SoonShop.Orders;

/// <summary>
/// Goods that a buyer sends back: requested, then approved or refused, then received, then refunded. The buyer can cancel it until it is
/// received.
/// </summary>
/// <param name="Id">The id.</param>
/// <param name="Status">The status.</param>
/// <param name="Lines">The requested units.</param>
/// <param name="Comment">What the buyer wrote.</param>
/// <param name="Timeline">Each status with its time, oldest first.</param>
[GenerateSerializer, Immutable, Alias("soonshop.order-return")]
public sealed record OrderReturn(
    Guid Id, ReturnStatus Status, ImmutableArray<ReturnLine> Lines, [property: Personal] string? Comment,
    ImmutableArray<ReturnTimelineEntry> Timeline)
{
    /// <summary>What the shop answered: why it is refused, or how to send the goods.</summary>
    [Id(0), Personal] public string? Note { get; init; }

    /// <summary>What arrived; null until then.</summary>
    [Id(1)] public ImmutableArray<ReceivedUnits>? Received { get; init; }

    /// <summary>The refunded amount, less the fee, with the shipping costs; null until then.</summary>
    [Id(2)] public Money? Refund { get; init; }

    /// <summary>What was kept of the value of the goods; null for nothing.</summary>
    [Id(3)] public Money? Fee { get; init; }

    /// <summary>The shipping costs within the refund; null for none.</summary>
    [Id(4)] public Money? Shipping { get; init; }

    /// <summary>The part of the refund that pays for the new order of an exchange; null for none.</summary>
    [Id(5)] public Money? Credited { get; init; }

    /// <summary>The new order of the exchange; null without one.</summary>
    [Id(6)] public Guid? ExchangeOrderId { get; init; }
}

/// <summary>Units that a buyer sends back.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Quantity">Units.</param>
/// <param name="Reason">One of the shop's reasons, such as <c>damaged</c>.</param>
[GenerateSerializer, Immutable, Alias("soonshop.return-line")]
public sealed record ReturnLine(string Sku, int Quantity, string Reason);

/// <summary>
/// What arrived of one line of a return. Good, damaged and missing units add up to the requested ones.
/// </summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Good">Units without damage.</param>
/// <param name="Damaged">Damaged units.</param>
/// <param name="Missing">Units that did not arrive. They are not refunded.</param>
/// <param name="Restocked">Good units that return to stock. The other units that arrived are written off.</param>
[GenerateSerializer, Immutable, Alias("soonshop.received-units")]
public sealed record ReceivedUnits(string Sku, int Good, int Damaged, int Missing, int Restocked)
{
    /// <summary>The location whose stock they return to; null for the one that shipped them.</summary>
    [Id(0)] public string? Location { get; init; }

    /// <summary>Units that arrived and do not return to stock.</summary>
    public int WrittenOff => Good + Damaged - Restocked;
}

/// <summary>When a return reached a status.</summary>
/// <param name="At">The time.</param>
/// <param name="Status">The status.</param>
[GenerateSerializer, Immutable, Alias("soonshop.return-timeline-entry")]
public sealed record ReturnTimelineEntry(DateTimeOffset At, ReturnStatus Status);

/// <summary>The status of a return.</summary>
[Alias("soonshop.return-status")]
public enum ReturnStatus
{
    /// <summary>The shop has to decide.</summary>
    Requested,
    /// <summary>The buyer may send the goods.</summary>
    Approved,
    /// <summary>The shop does not take the goods back.</summary>
    Refused,
    /// <summary>The goods arrived, and what is restocked is in stock.</summary>
    Received,
    /// <summary>The money was refunded.</summary>
    Refunded,
    /// <summary>The buyer keeps the goods.</summary>
    Cancelled,
}

/// <summary>A request to send units back.</summary>
/// <param name="ReturnId">The id of the return, by which it is requested once.</param>
/// <param name="Lines">The units.</param>
/// <param name="Comment">What the buyer writes.</param>
[GenerateSerializer, Immutable, Alias("soonshop.request-return")]
public sealed record RequestReturn(Guid ReturnId, ImmutableArray<ReturnLine> Lines, string? Comment);

/// <summary>A refund of what arrived of a return.</summary>
/// <param name="ReturnId">The return.</param>
/// <param name="Fee">Minor units that the shop keeps of the value of the goods.</param>
/// <param name="IncludeShipping">
/// True or false to refund the shipping costs or not; null to refund them when every unit of the order came back, as configured.
/// </param>
[GenerateSerializer, Immutable, Alias("soonshop.refund-return")]
public sealed record RefundReturn(Guid ReturnId, long Fee, bool? IncludeShipping);
