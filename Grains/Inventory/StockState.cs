using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Events;

namespace SoonShop.Inventory;

/// <summary>
/// The counters of one SKU at one location. They contain the number of reserved units. Who reserved them is in the ledger, so that this
/// record stays small however many reservations are open.
/// </summary>
/// <param name="OnHand">Units on hand.</param>
/// <param name="Reserved">Units on hand that are reserved for orders.</param>
/// <param name="LowStockThreshold">Units at or below which stock is low.</param>
/// <param name="Movements">The number of ledger rows so far.</param>
public sealed record StockState(int OnHand, int Reserved, int LowStockThreshold, long Movements)
{
    /// <summary>The threshold of an item without one of its own.</summary>
    public const int DefaultLowStockThreshold = 5;

    /// <summary>The initial state of an item.</summary>
    public static StockState Empty { get; } = new(0, 0, DefaultLowStockThreshold, 0);

    /// <summary>Units that can be sold.</summary>
    public int Available => OnHand - Reserved;

    /// <summary>The availability shown to shoppers.</summary>
    public Availability Availability =>
        Available <= 0 ? Availability.OutOfStock : Available <= LowStockThreshold ? Availability.LowStock : Availability.InStock;

    /// <summary>Changes the units on hand. Fails when fewer would remain than are reserved.</summary>
    public StockDecision Adjust(int delta, string reason, string? reference)
    {
        var after = (long)OnHand + delta;
        if (after < Reserved)
            return Error.Of(
                ErrorCode.Conflict, "error.stock-taken",
                $"{OnHand} units are on hand and {Reserved} of them are reserved: at most {Available} can be removed.");
        return after > AdjustStock.MaxUnits
            ? Error.Of(ErrorCode.Conflict, "error.stock-most", $"At most {AdjustStock.MaxUnits} units can be on hand.")
            : Move(StockMovementKind.Adjustment, delta, onHand: delta, reserved: 0, reference is null ? reason : $"{reason}: {reference}");
    }

    /// <summary>The reason of a count in the ledger.</summary>
    public const string CountReason = "count";

    /// <summary>
    /// Sets the units on hand to what was counted. A count that agrees moves nothing and is recorded. Fails when fewer were counted than
    /// are reserved.
    /// </summary>
    public StockDecision Count(int counted, string? reference) => counted == OnHand
        ? Move(StockMovementKind.Adjustment, 0, onHand: 0, reserved: 0, reference is null ? CountReason : $"{CountReason}: {reference}")
        : Adjust(counted - OnHand, CountReason, reference);

    /// <summary>
    /// Removes units for another location, or adds units from one. Fails when more are to leave than are available.
    /// </summary>
    public StockDecision Transfer(int delta) =>
        -(long)delta > Available
            ? Error.Of(
                ErrorCode.Conflict, "error.stock-taken",
                $"{OnHand} units are on hand and {Reserved} of them are reserved: at most {Available} can be removed.")
            : (long)OnHand + delta > AdjustStock.MaxUnits
                ? Error.Of(ErrorCode.Conflict, "error.stock-most", $"At most {AdjustStock.MaxUnits} units can be on hand.")
                : Move(StockMovementKind.Transfer, delta, onHand: delta, reserved: 0, null);

    /// <summary>Reserves units. Fails when fewer are available.</summary>
    public StockDecision Reserve(int units) => units <= Available
        ? Move(StockMovementKind.Reservation, units, onHand: 0, reserved: units, null)
        : new Error(ErrorCode.OutOfStock, $"{Available} units are available.");

    /// <summary>Removes reserved units from stock.</summary>
    public StockDecision Sell(int units) => Move(StockMovementKind.Sale, -units, onHand: -units, reserved: -units, null);

    /// <summary>Makes reserved units available again.</summary>
    public StockDecision Release(int units) => Move(StockMovementKind.Release, -units, onHand: 0, reserved: -units, null);

    /// <summary>Returns sold units to stock.</summary>
    public StockDecision Return(int units) => Move(StockMovementKind.Return, units, onHand: units, reserved: 0, null);

    private StockDecision Move(StockMovementKind kind, int delta, int onHand, int reserved, string? reference)
    {
        var next = this with { OnHand = OnHand + onHand, Reserved = Reserved + reserved, Movements = Movements + 1 };
        if (next.Reserved < 0 || next.OnHand < next.Reserved)
            throw new InvalidOperationException($"{kind} of {delta} would leave {next.OnHand} on hand with {next.Reserved} reserved.");
        return new StockDecision(next, kind, delta, reference, null);
    }

    /// <summary>Returns the events for the thresholds that a change crosses.</summary>
    public static IEnumerable<IShopEvent> ThresholdCrossings(StockKey key, StockState before, StockState after)
    {
        var (sku, location) = (key.Sku, key.IsDefault ? null : key.Location);
        if (before.Available > 0 && after.Available <= 0)
            yield return new InventoryOutOfStock(sku) { Location = location };
        else if (before.Available > before.LowStockThreshold && after.Available <= after.LowStockThreshold)
            yield return new InventoryLowStock(sku, after.Available, after.LowStockThreshold) { Location = location };
        else if (before.Available <= 0 && after.Available > 0 && before.Movements > 0)
            yield return new InventoryBackInStock(sku, after.Available) { Location = location };
        else if (before.Availability == Availability.LowStock && after.Availability == Availability.InStock)
            yield return new InventoryNoLongerLow(sku, after.Available, after.LowStockThreshold) { Location = location };
    }

    /// <summary>Returns the counters as administrators see them.</summary>
    public StockLevel ToView(StockKey key, int version) => new(key.Sku, OnHand, Reserved, Available, LowStockThreshold)
    {
        Version = version,
        Location = key.Location,
    };
}

/// <summary>The next counters with the movement that leads to them, or an error.</summary>
public sealed record StockDecision(StockState State, StockMovementKind Kind, int Delta, string? Reference, Error? Error)
{
    /// <summary>Fails with an error; nothing moves.</summary>
    public static implicit operator StockDecision(Error error) => new(null!, default, 0, null, error);

    /// <summary>Returns the ledger row of the movement.</summary>
    public LedgerRow ToLedgerRow(StockKey key, string operationId, DateTimeOffset at, string? reference = null) => new(
        key.ToString(), State.Movements, operationId, at, Kind.ToString(), Delta, State.OnHand, State.Reserved, reference ?? Reference);
}

/// <summary>The fields that the product search joins.</summary>
public sealed record StockIndex(int Available, int LowStockThreshold);
