using SoonShop.Events;

namespace SoonShop.Inventory;

/// <summary>
/// Applies the stock adjustments of an ERP, keyed by the SKU. The event's id is the operation id, so an event is applied once. An unknown
/// product, or units that are reserved, may be put right before a retry.
/// </summary>
[GrainType("erp-stock"), ImplicitStreamSubscription(ErpStockAdjusted.StreamNamespace)]
[Retry(Immediate = 1, Backoff = Backoff.Exponential, Retries = 10, FirstSeconds = 1, Factor = 2, MaxSeconds = 300, Jitter = 0.2)]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class ErpStockGrain(StockLocations locations) : EventHandlerGrain, IHandle<ErpStockAdjusted>
{
    async Task IHandle<ErpStockAdjusted>.HandleAsync(ErpStockAdjusted e, EventContext context)
    {
        var location = e.Location ?? Location.DefaultId;
        if (!await locations.ExistsAsync(location))
            throw new HandlingException(ErrorClass.Business, $"{e.Sku}: the location {location} does not exist.");
        var item = GrainFactory.GetGrain<IInventoryItemGrain>(new StockKey(context.Event.StreamKey, location).GrainKey);
        var result = await item.AdjustAsync(new AdjustStock(context.EventId, e.Delta, e.Reason, e.Reference));
        if (result.Error is { } error)
            throw new HandlingException(ErrorClass.Business, $"{e.Sku}: {error.Detail}");
    }
}
