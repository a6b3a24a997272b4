using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Events;

namespace SoonShop.Inventory;

/// <summary>The first movement of an item, as its grain would commit it.</summary>
internal static class NewStock
{
    /// <summary>Returns the first state of an item.</summary>
    /// <param name="grain">The item's grain.</param>
    /// <param name="command">Units that enter, one or more. Its operation id is the one of the grain's ledger.</param>
    /// <param name="now">The time.</param>
    public static FirstState<StockState> Of(IInventoryItemGrain grain, AdjustStock command, DateTimeOffset now)
    {
        var id = grain.GetGrainId();
        var sku = Sku.OfGrainKey(id.Key.ToString()!);
        var decision = StockState.Empty.Adjust(command.Delta, command.Reason, command.Reference);
        if (decision.Error is { } error)
            throw new InvalidOperationException($"The first stock of {sku} was not checked before: {error.Detail}");
        IShopEvent[] events =
        [
            StockEvents.Adjusted(sku, command, decision.State),
            AuditRecorded.Of(StockEvents.AdjustedBy(sku, command, StockState.Empty, decision.State)),
            .. StockState.ThresholdCrossings(sku, StockState.Empty, decision.State),
        ];
        return new FirstState<StockState>(id, "inventory", sku, decision.State, events)
        {
            Index = new StockIndex(decision.State.Available, decision.State.LowStockThreshold),
            Ledger = [decision.ToLedgerRow(sku, StockEvents.AdjustOperation(command), now)],
        };
    }
}

/// <summary>What an adjustment of stock publishes and records.</summary>
internal static class StockEvents
{
    /// <summary>Returns the operation id in the ledger.</summary>
    public static string AdjustOperation(AdjustStock command) => $"adjust/{command.OperationId}";

    /// <summary>Returns the event of an adjustment.</summary>
    public static InventoryAdjusted Adjusted(string sku, AdjustStock command, StockState next) =>
        new(sku, command.Delta, command.Reason, command.Reference, next.OnHand, next.Reserved);

    /// <summary>Returns the entry in the audit log of an adjustment.</summary>
    public static AuditEvent AdjustedBy(string sku, AdjustStock command, StockState before, StockState next) =>
        Changed("inventory.adjust", sku, before, next, new { command.Delta, command.Reason, command.Reference });

    /// <summary>Returns the entry in the audit log of a change of an item.</summary>
    public static AuditEvent Changed(string action, string sku, StockState before, StockState next, object? details) =>
        new(action, sku) { Before = Facts(before), After = Facts(next), Details = details };

    private static object Facts(StockState stock) => new { stock.OnHand, stock.Reserved, stock.LowStockThreshold };
}
