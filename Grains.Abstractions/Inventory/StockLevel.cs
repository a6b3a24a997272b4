using System.Text.Json.Serialization;
using SoonShop.Catalog;

namespace SoonShop.Inventory;

/// <summary>The counters of one SKU at one location, in units. <c>available = onHand − reserved</c>, never below zero.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.stock-level")]
public sealed record StockLevel(string Sku, int OnHand, int Reserved, int Available, int LowStockThreshold)
{
    /// <summary>The number of changes; used as the ETag.</summary>
    [Id(0), JsonIgnore] public int Version { get; init; }

    /// <summary>The location; null from a silo of an older version.</summary>
    [Id(1), JsonIgnore] public string? Location { get; init; }
}

/// <summary>The stock as shoppers may see it.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.stock-availability")]
public readonly record struct StockAvailability(int Units, Availability Availability)
{
    /// <summary>The number of changes of the stock.</summary>
    [Id(0)] public int Version { get; init; }
}

/// <summary>A change of the units on hand.</summary>
/// <param name="OperationId">The operation id, by which the change happens once.</param>
/// <param name="Delta">Units, positive or negative, not zero.</param>
/// <param name="Reason">The reason, such as <c>delivery</c>, <c>damaged</c>, <c>count</c>.</param>
/// <param name="Reference">A reference, such as the number of a delivery note.</param>
/// <param name="ExpectedVersion">The version of <c>If-Match</c>, or null.</param>
[GenerateSerializer, Immutable, Alias("soonshop.adjust-stock")]
public sealed record AdjustStock(string OperationId, int Delta, string Reason, string? Reference, int? ExpectedVersion = null)
{
    /// <summary>The most units on hand, so that no counter can overflow.</summary>
    public const int MaxUnits = 1_000_000_000;
}

/// <summary>Units that came back from a buyer and can be sold again.</summary>
/// <param name="ReturnId">The return, by which it happens once.</param>
/// <param name="OrderId">The order that they were sold with.</param>
/// <param name="Units">Units, one or more.</param>
[GenerateSerializer, Immutable, Alias("soonshop.restock-units")]
public sealed record RestockUnits(Guid ReturnId, Guid OrderId, int Units);

/// <summary>A count of the units on hand.</summary>
/// <param name="OperationId">The operation id, by which it happens once.</param>
/// <param name="Counted">The units that were counted.</param>
/// <param name="Reference">A reference, such as the number of the stock take.</param>
[GenerateSerializer, Immutable, Alias("soonshop.count-stock")]
public sealed record CountStock(string OperationId, int Counted, string? Reference);

/// <summary>The result of a count.</summary>
/// <param name="OnHandBefore">The units that were on hand by the counters.</param>
/// <param name="Counted">The units that were counted, and are on hand now.</param>
[GenerateSerializer, Immutable, Alias("soonshop.stock-count")]
public sealed record StockCount(int OnHandBefore, int Counted)
{
    /// <summary>Counted units less the units by the counters: negative when units are missing.</summary>
    public int Difference => Counted - OnHandBefore;
}

/// <summary>Units of a transfer that leave a location or arrive at it.</summary>
/// <param name="OperationId">The operation id, by which it happens once.</param>
/// <param name="TransferId">The transfer.</param>
/// <param name="Delta">Units, positive for those that arrive, negative for those that leave.</param>
[GenerateSerializer, Immutable, Alias("soonshop.transfer-units")]
public sealed record TransferUnits(string OperationId, Guid TransferId, int Delta);

/// <summary>What happened to the units of a reservation so far. No number ever falls.</summary>
/// <param name="Sold">Units that left the stock.</param>
/// <param name="Cancelled">Units that are available again because they are not sold after all.</param>
/// <param name="Restocked">Sold units that came back from the buyer and can be sold again.</param>
[GenerateSerializer, Immutable, Alias("soonshop.reservation-settlement")]
public readonly record struct ReservationSettlement(int Sold, int Cancelled, int Restocked);

/// <summary>One row of the stock ledger.</summary>
/// <param name="Sequence">1, 2, 3 … per SKU and location, without gaps.</param>
/// <param name="At">The time of the decision.</param>
/// <param name="Kind">The kind of movement.</param>
/// <param name="Delta">Units: on hand for adjustments, sales, returns and transfers; reserved for reservations and releases.</param>
/// <param name="OnHandAfter">Units on hand afterwards.</param>
/// <param name="ReservedAfter">Reserved units afterwards.</param>
/// <param name="Reference">The reason and reference of an adjustment; otherwise the order.</param>
[GenerateSerializer, Immutable, Alias("soonshop.stock-movement")]
public sealed record StockMovement(
    [property: JsonIgnore] long Sequence,
    DateTimeOffset At,
    StockMovementKind Kind,
    int Delta,
    int OnHandAfter,
    int ReservedAfter,
    string? Reference);

/// <summary>Kinds of stock movements.</summary>
[Alias("soonshop.stock-movement-kind")]
public enum StockMovementKind
{
    /// <summary>An administrator changed the units on hand.</summary>
    Adjustment,
    /// <summary>Units reserved for an order.</summary>
    Reservation,
    /// <summary>A released reservation.</summary>
    Release,
    /// <summary>Reserved units sold: both the units on hand and the reserved units decrease.</summary>
    Sale,
    /// <summary>Sold units that came back to stock.</summary>
    Return,
    /// <summary>Units that left for another location, or arrived from one.</summary>
    Transfer,
}
