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
        var key = StockKey.Parse(Sku.OfGrainKey(id.Key.ToString()!));
        var decision = StockState.Empty.Adjust(command.Delta, command.Reason, command.Reference);
        if (decision.Error is { } error)
            throw new InvalidOperationException($"The first stock of {key} was not checked before: {error.Detail}");
        IShopEvent[] events =
        [
            StockEvents.Adjusted(key, command, decision.State),
            AuditRecorded.Of(StockEvents.AdjustedBy(key, command, StockState.Empty, decision.State)),
            .. StockState.ThresholdCrossings(key, StockState.Empty, decision.State),
        ];
        return new FirstState<StockState>(id, "inventory", key.Sku, decision.State, events)
        {
            Index = new StockIndex(decision.State.Available, decision.State.LowStockThreshold),
            Ledger = [decision.ToLedgerRow(key, StockEvents.AdjustOperation(command), now)],
        };
    }
}

/// <summary>What an adjustment of stock publishes and records.</summary>
internal static class StockEvents
{
    /// <summary>Returns the operation id in the ledger.</summary>
    public static string AdjustOperation(AdjustStock command) => $"adjust/{command.OperationId}";

    /// <summary>Returns the operation id of a count in the ledger.</summary>
    public static string CountOperation(CountStock command) => $"adjust/count/{command.OperationId}";

    /// <summary>Returns the operation id of a transfer in the ledger.</summary>
    public static string TransferOperation(TransferUnits command) => $"adjust/transfer/{command.OperationId}";

    /// <summary>Returns the event of an adjustment.</summary>
    public static InventoryAdjusted Adjusted(StockKey key, AdjustStock command, StockState next) =>
        new(key.Sku, command.Delta, command.Reason, command.Reference, next.OnHand, next.Reserved)
        {
            Location = key.IsDefault ? null : key.Location,
        };

    /// <summary>Returns the entry in the audit log of an adjustment.</summary>
    public static AuditEvent AdjustedBy(StockKey key, AdjustStock command, StockState before, StockState next) =>
        Changed("inventory.adjust", key, before, next, new { command.Delta, command.Reason, command.Reference });

    /// <summary>Returns the entry in the audit log of a change of an item.</summary>
    public static AuditEvent Changed(string action, StockKey key, StockState before, StockState next, object? details) =>
        new(action, key.ToString()) { Before = Facts(before), After = Facts(next), Details = details };

    private static object Facts(StockState stock) => new { stock.OnHand, stock.Reserved, stock.LowStockThreshold };
}
