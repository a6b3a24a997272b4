using System.Text.Json.Serialization;
using SoonShop.Catalog;

namespace SoonShop.Inventory;

/// <summary>The counters of one SKU, in units. <c>Available = OnHand − Reserved</c>, never below zero.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.stock-level")]
public sealed record StockLevel(string Sku, int OnHand, int Reserved, int Available, int LowStockThreshold)
{
    /// <summary>Counts the changes; the ETag.</summary>
    [Id(0), JsonIgnore] public int Version { get; init; }
}

/// <summary>What a shopper may know of stock.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.stock-availability")]
public readonly record struct StockAvailability(int Units, Availability Availability)
{
    /// <summary>Counts the changes of the stock.</summary>
    [Id(0)] public int Version { get; init; }
}

/// <summary>A change of the units on hand.</summary>
/// <param name="OperationId">Under this id it happens once.</param>
/// <param name="Delta">Units, positive or negative, not zero.</param>
/// <param name="Reason">Such as <c>delivery</c>, <c>damaged</c>, <c>count</c>.</param>
/// <param name="Reference">A delivery note's number, or the like.</param>
/// <param name="ExpectedVersion">From <c>If-Match</c>, or null.</param>
[GenerateSerializer, Immutable, Alias("soonshop.adjust-stock")]
public sealed record AdjustStock(string OperationId, int Delta, string Reason, string? Reference, int? ExpectedVersion = null)
{
    /// <summary>The most units on hand, so that no counter can overflow.</summary>
    public const int MaxUnits = 1_000_000_000;
}

/// <summary>One line of the stock ledger.</summary>
/// <param name="Sequence">1, 2, 3 … per SKU, without gaps.</param>
/// <param name="At">When it was decided.</param>
/// <param name="Kind">What moved.</param>
/// <param name="Delta">Units: of what is on hand for adjustments, sales and returns; of what is reserved for reservations and releases.</param>
/// <param name="OnHandAfter">Units on hand after it.</param>
/// <param name="ReservedAfter">Units reserved after it.</param>
/// <param name="Reference">The reason and reference of an adjustment; the order otherwise.</param>
[GenerateSerializer, Immutable, Alias("soonshop.stock-movement")]
public sealed record StockMovement(
    [property: JsonIgnore] long Sequence, DateTimeOffset At, StockMovementKind Kind, int Delta, int OnHandAfter, int ReservedAfter, string? Reference);

/// <summary>Kinds of stock movements.</summary>
[Alias("soonshop.stock-movement-kind")]
public enum StockMovementKind
{
    /// <summary>On hand changed by an administrator.</summary>
    Adjustment,
    /// <summary>Units set aside for an order.</summary>
    Reservation,
    /// <summary>A reservation undone.</summary>
    Release,
    /// <summary>Reserved units sold: on hand and reserved both fall.</summary>
    Sale,
    /// <summary>Sold units back on the shelf, after a cancellation.</summary>
    Return,
}
