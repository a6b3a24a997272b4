using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Events;

namespace SoonShop.Inventory;

/// <summary>
/// The counters of one SKU. It knows how many units are reserved, not by whom: that stands in the ledger, so that this
/// record stays small however many reservations are open.
/// </summary>
/// <param name="OnHand">Units in the house.</param>
/// <param name="Reserved">Of these, units set aside for orders.</param>
/// <param name="LowStockThreshold">Units at or below which stock is low.</param>
/// <param name="Movements">Lines written to the ledger so far.</param>
public sealed record StockState(int OnHand, int Reserved, int LowStockThreshold, long Movements)
{
    /// <summary>The threshold of an item for which none was set.</summary>
    public const int DefaultLowStockThreshold = 5;

    /// <summary>An item that was never touched.</summary>
    public static StockState Empty { get; } = new(0, 0, DefaultLowStockThreshold, 0);

    /// <summary>Units that can be had.</summary>
    public int Available => OnHand - Reserved;

    /// <summary>How that looks to a shopper.</summary>
    public Availability Availability =>
        Available <= 0 ? Availability.OutOfStock : Available <= LowStockThreshold ? Availability.LowStock : Availability.InStock;

    /// <summary>Changes the units on hand; refused when fewer would remain than are reserved.</summary>
    public StockDecision Adjust(int delta, string reason, string? reference)
    {
        var after = (long)OnHand + delta;
        if (after < Reserved)
            return new Error(ErrorCode.Conflict, $"{OnHand} units are on hand and {Reserved} of them reserved: at most {Available} can be taken away.");
        return after > AdjustStock.MaxUnits
            ? new Error(ErrorCode.Conflict, $"At most {AdjustStock.MaxUnits} units can be on hand.")
            : Move(StockMovementKind.Adjustment, delta, onHand: delta, reserved: 0, reference is null ? reason : $"{reason}: {reference}");
    }

    /// <summary>Sets units aside; refused when fewer are available.</summary>
    public StockDecision Reserve(int units) => units <= Available
        ? Move(StockMovementKind.Reservation, units, onHand: 0, reserved: units, null)
        : new Error(ErrorCode.OutOfStock, $"{Available} units are available.");

    /// <summary>Reserved units leave the house.</summary>
    public StockDecision Sell(int units) => Move(StockMovementKind.Sale, -units, onHand: -units, reserved: -units, null);

    /// <summary>Reserved units are free again.</summary>
    public StockDecision Release(int units) => Move(StockMovementKind.Release, -units, onHand: 0, reserved: -units, null);

    /// <summary>Sold units come back.</summary>
    public StockDecision Return(int units) => Move(StockMovementKind.Return, units, onHand: units, reserved: 0, null);

    private StockDecision Move(StockMovementKind kind, int delta, int onHand, int reserved, string? reference)
    {
        var next = this with { OnHand = OnHand + onHand, Reserved = Reserved + reserved, Movements = Movements + 1 };
        if (next.Reserved < 0 || next.OnHand < next.Reserved)
            throw new InvalidOperationException($"{kind} of {delta} would leave {next.OnHand} on hand with {next.Reserved} reserved.");
        return new StockDecision(next, kind, delta, reference, null);
    }

    /// <summary>What to tell the world about going from one level to another.</summary>
    public static IEnumerable<IShopEvent> ThresholdCrossings(string sku, StockState before, StockState after)
    {
        if (before.Available > 0 && after.Available <= 0)
            yield return new InventoryOutOfStock(sku);
        else if (before.Available > before.LowStockThreshold && after.Available <= after.LowStockThreshold)
            yield return new InventoryLowStock(sku, after.Available, after.LowStockThreshold);
        else if (before.Available <= 0 && after.Available > 0 && before.Movements > 0)
            yield return new InventoryBackInStock(sku, after.Available);
        else if (before.Availability == Availability.LowStock && after.Availability == Availability.InStock)
            yield return new InventoryNoLongerLow(sku, after.Available, after.LowStockThreshold);
    }

    /// <summary>The counters as administrators see them.</summary>
    public StockLevel ToView(string sku, int version) => new(sku, OnHand, Reserved, Available, LowStockThreshold) { Version = version };
}

/// <summary>The next counters with the movement that leads to them, or a refusal.</summary>
public sealed record StockDecision(StockState State, StockMovementKind Kind, int Delta, string? Reference, Error? Error)
{
    /// <summary>Refuse; nothing moves.</summary>
    public static implicit operator StockDecision(Error error) => new(null!, default, 0, null, error);

    /// <summary>The ledger's line for it.</summary>
    public LedgerRow ToLedgerRow(string sku, string operationId, DateTimeOffset at, string? reference = null) => new(
        sku, State.Movements, operationId, at, Kind.ToString(), Delta, State.OnHand, State.Reserved, reference ?? Reference);
}

/// <summary>What the search joins to a product.</summary>
public sealed record StockIndex(int Available, int LowStockThreshold);
