using SoonShop.Aggregates;
using SoonShop.Counters;
using SoonShop.Events;

namespace SoonShop.Inventory;

/// <summary>Lets many movements of one item share a write.</summary>
internal sealed class WriteCoalescer(StockState committed, Func<StockState, List<IShopEvent>, List<LedgerRow>, Task> writeAsync)
    : WriteCoalescer<StockState, LedgerRow>(committed, writeAsync)
{
    protected override ErrorText Reloading => ErrorText.Of("error.stock-reread", "The stock of this item is being reloaded. Try again.");

    protected override ErrorText Busy => ErrorText.Of(
        "error.stock-busy", "Too many stock movements of this item are waiting. Try again.");

    protected override ErrorText EarlierFailed => ErrorText.Of(
        "error.stock-failed", "An earlier stock movement of this item could not be written. Try again.");
}
