namespace SoonShop.Inventory;

/// <summary>The port to read the stock ledger. Rows are written only with the item's state, in one transaction.</summary>
public interface IStockLedger
{
    /// <summary>Returns those of these operations that were written.</summary>
    Task<ImmutableArray<RecordedMovement>> FindAsync(string sku, string[] operationIds, CancellationToken cancellation);

    /// <summary>Returns one page, newest first, of the movements before <paramref name="before"/>.</summary>
    Task<ImmutableArray<StockMovement>> ListAsync(string sku, long before, int limit, CancellationToken cancellation);
}

/// <summary>A movement found by its operation.</summary>
public sealed record RecordedMovement(string OperationId, StockMovementKind Kind, int Delta);
