namespace SoonShop.Inventory;

/// <summary>The port to find transfers. It reads committed states, so a list is never behind the grains.</summary>
public interface IStockTransfers
{
    /// <summary>Lists transfers, newest first. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    Task<Result<Page<StockTransfer>>> ListAsync(StockTransferQuery query, CancellationToken cancellation);

    /// <summary>Returns the units of a SKU that are in transit.</summary>
    Task<int> InTransitAsync(string sku, CancellationToken cancellation);
}
