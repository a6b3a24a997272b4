namespace SoonShop.Inventory;

/// <summary>
/// The stock of one SKU. Keyed by <see cref="Sku.GrainKey"/>. Many movements share one write; each is answered after
/// the write that holds it, and each carries an id under which it happens once.
/// </summary>
[Alias("soonshop.inventory-item")]
public interface IInventoryItemGrain : IGrainWithStringKey
{
    /// <summary>The counters. Refused: <c>not-found</c> when there is no such product.</summary>
    [Alias("get")]
    Task<Result<StockLevel>> GetAsync();

    /// <summary>Adds to or takes from the units on hand. Refused: <c>not-found</c>, <c>conflict</c> when fewer would remain than are reserved.</summary>
    [Alias("adjust"), Repeatable]
    Task<Result<StockLevel>> AdjustAsync(AdjustStock command);

    /// <summary>Sets the units at or below which stock counts as low. Idempotent.</summary>
    [Alias("set-low-stock-threshold")]
    Task<Result<StockLevel>> SetLowStockThresholdAsync(int threshold, int? expectedVersion);

    /// <summary>
    /// Sets units aside. Idempotent by reservation: <paramref name="repeated"/> says that it may have been asked before,
    /// then the ledger is read first; a first request is spared that. Refused: <c>out-of-stock</c> with the units that could be had; <c>conflict</c> for a reservation that was released.
    /// </summary>
    [Alias("reserve")]
    Task<Result<Done>> ReserveAsync(Guid reservationId, int quantity, bool repeated);

    /// <summary>The reserved units leave the house. Idempotent. Refused: <c>conflict</c> when released or never reserved.</summary>
    [Alias("commit")]
    Task<Result<Done>> CommitAsync(Guid reservationId);

    /// <summary>
    /// Undoes a reservation, whatever became of it: reserved units are free again, committed ones return to the shelf,
    /// and one that never arrived is refused when it comes late. Idempotent.
    /// </summary>
    [Alias("release")]
    Task ReleaseAsync(Guid reservationId);

    /// <summary>
    /// Puts sold units back on the shelf until so many of the reservation's units are back, in all. Idempotent. Refused: <c>conflict</c> for
    /// a reservation that was not sold, or has fewer units.
    /// </summary>
    [Alias("return")]
    Task<Result<Done>> ReturnAsync(Guid reservationId, int unitsInAll);

    /// <summary>One page of the movements, newest first. Refused: <c>not-found</c>, <c>validation-failed</c> for a cursor that is none.</summary>
    [Alias("ledger")]
    Task<Result<Page<StockMovement>>> GetLedgerAsync(PageRequest page, CancellationToken cancellation = default);

    /// <summary>Units that can be had, and how that looks to a shopper.</summary>
    [Alias("availability")]
    Task<StockAvailability> GetAvailabilityAsync();
}
