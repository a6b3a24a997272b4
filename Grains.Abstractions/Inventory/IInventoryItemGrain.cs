namespace SoonShop.Inventory;

/// <summary>
/// The stock of one SKU at one location. Keyed by <see cref="StockKey.GrainKey"/>. Many movements share one write. Each call returns after
/// the write with its movement. Each movement has an operation id, by which it happens once. A location that does not exist is
/// <c>validation-failed</c>.
/// </summary>
[Alias("soonshop.inventory-item")]
public interface IInventoryItemGrain : IGrainWithStringKey
{
    /// <summary>Returns the counters. Error: <c>not-found</c> when there is no such product.</summary>
    [Alias("get")]
    Task<Result<StockLevel>> GetAsync();

    /// <summary>
    /// Changes the units on hand. Errors: <c>not-found</c>, <c>conflict</c> when fewer units would remain than are reserved.
    /// </summary>
    [Alias("adjust"), Repeatable]
    Task<Result<StockLevel>> AdjustAsync(AdjustStock command);

    /// <summary>Sets the threshold at or below which stock is low. Idempotent.</summary>
    [Alias("set-low-stock-threshold")]
    Task<Result<StockLevel>> SetLowStockThresholdAsync(int threshold, int? expectedVersion);

    /// <summary>
    /// Reserves units. Idempotent by reservation. <paramref name="repeated"/> tells that the call may be a repetition; then the ledger is
    /// read first, which a first call does not need. Errors: <c>out-of-stock</c> with the available units; <c>conflict</c> for a released
    /// reservation.
    /// </summary>
    [Alias("reserve")]
    Task<Result<Done>> ReserveAsync(Guid reservationId, int quantity, bool repeated);

    /// <summary>Turns a reservation into a sale. Idempotent. Error: <c>conflict</c> when it was released or never made.</summary>
    [Alias("commit")]
    Task<Result<Done>> CommitAsync(Guid reservationId);

    /// <summary>
    /// Undoes a reservation in any state: reserved units become available again, and sold units return to stock. A reservation that never
    /// arrived is refused if it arrives later. Idempotent.
    /// </summary>
    [Alias("release")]
    Task ReleaseAsync(Guid reservationId);

    /// <summary>
    /// Returns sold units to stock until this many of the reservation's units have returned in total. Idempotent. Error: <c>conflict</c>
    /// for a reservation that was not sold or has fewer units.
    /// </summary>
    [Alias("return")]
    Task<Result<Done>> ReturnAsync(Guid reservationId, int unitsInAll);

    /// <summary>
    /// Sells, releases and returns units of a reservation until these many have moved in total. Idempotent. Error: <c>conflict</c> for a
    /// reservation that does not have these units.
    /// </summary>
    [Alias("settle")]
    Task<Result<Done>> SettleAsync(Guid reservationId, ReservationSettlement inAll);

    /// <summary>Reserves units, like <see cref="ReserveAsync(Guid, int, bool)"/>, for an order with several locations.</summary>
    [Alias("reserve-part")]
    Task<Result<Done>> ReserveAsync(ReservationId reservation, int quantity, bool repeated);

    /// <summary>Undoes a reservation, like <see cref="ReleaseAsync(Guid)"/>, for an order with several locations.</summary>
    [Alias("release-part")]
    Task ReleaseAsync(ReservationId reservation);

    /// <summary>
    /// Settles a reservation, like <see cref="SettleAsync(Guid, ReservationSettlement)"/>, for an order with several locations.
    /// </summary>
    [Alias("settle-part")]
    Task<Result<Done>> SettleAsync(ReservationId reservation, ReservationSettlement inAll);

    /// <summary>
    /// Adds units that came back from a buyer, at whichever location they were shipped from. Happens once per operation id.
    /// Error: <c>not-found</c> when there is no such product.
    /// </summary>
    [Alias("restock"), Repeatable]
    Task<Result<Done>> RestockAsync(RestockUnits command);

    /// <summary>
    /// Sets the units on hand to what was counted. Happens once per operation id; a repetition returns the first one's result.
    /// Errors: <c>not-found</c>; <c>conflict</c> when fewer units were counted than are reserved.
    /// </summary>
    [Alias("count"), Repeatable]
    Task<Result<StockCount>> CountAsync(CountStock command);

    /// <summary>
    /// Removes units for a transfer to another location, or adds those of a transfer from one. Happens once per operation id.
    /// Errors: <c>not-found</c>; <c>conflict</c> when fewer units are available.
    /// </summary>
    [Alias("transfer"), Repeatable]
    Task<Result<Done>> TransferAsync(TransferUnits command);

    /// <summary>
    /// Lists the movements, newest first, one page at a time. Errors: <c>not-found</c>, <c>validation-failed</c> for an invalid cursor.
    /// </summary>
    [Alias("ledger")]
    Task<Result<Page<StockMovement>>> GetLedgerAsync(PageRequest page, CancellationToken cancellation = default);

    /// <summary>Returns the available units, and the availability shown to shoppers.</summary>
    [Alias("availability")]
    Task<StockAvailability> GetAvailabilityAsync();
}
