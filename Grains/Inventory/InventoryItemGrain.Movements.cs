namespace SoonShop.Inventory;

/// <summary>Movements that are not an order's reservation: adjustments, counts, transfers, and what comes back from buyers.</summary>
internal sealed partial class InventoryItemGrain
{
    private readonly Dictionary<string, Task<Error?>> movements = [];

    async Task<Result<StockLevel>> IInventoryItemGrain.AdjustAsync(AdjustStock command)
    {
        var error = await MoveOnceAsync(StockEvents.AdjustOperation(command), async operation =>
        {
            if (!await IsVersionAsync(command.ExpectedVersion))
                return Error.PreconditionFailed();
            var decision = writes.Pending.Adjust(command.Delta, command.Reason, command.Reference);
            if (decision.Error is { } refused)
                return refused;
            var note = StockEvents.AdjustedBy(key, command, writes.Pending, decision.State);
            await MoveAsync(decision, operation, null, StockEvents.Adjusted(key, command, decision.State), Audit(note));
            return null;
        });
        return error is null ? View : error;
    }

    async Task<Result<StockLevel>> IInventoryItemGrain.SetLowStockThresholdAsync(int threshold, int? expectedVersion)
    {
        if (await FindProblemAsync() is { } problem)
            return problem;
        if (threshold is < 0 or > AdjustStock.MaxUnits)
            return Error.Invalid("lowStockThreshold", "field.whole-range", $"must be 0–{AdjustStock.MaxUnits}");
        if (!await IsVersionAsync(expectedVersion))
            return Error.PreconditionFailed();
        if (writes.Pending.LowStockThreshold != threshold)
        {
            var next = writes.Pending with { LowStockThreshold = threshold };
            await writes.AddAsync(next,
                [
                    Audit(StockEvents.Changed("inventory.set-threshold", key, writes.Pending, next, null)),
                    .. StockState.ThresholdCrossings(key, writes.Pending, next),
                ]);
        }
        return View;
    }

    async Task<Result<Done>> IInventoryItemGrain.RestockAsync(RestockUnits command)
    {
        var error = await MoveOnceAsync($"{command.OrderId:N}/restock/{command.ReturnId:N}", async operation =>
        {
            await MoveAsync(writes.Pending.Return(command.Units), operation, $"order {command.OrderId}");
            return null;
        }, anywhere: true);
        return error is null ? default(Done) : error;
    }

    async Task<Result<StockCount>> IInventoryItemGrain.CountAsync(CountStock command)
    {
        StockCount? counted = null;
        var operation = StockEvents.CountOperation(command);
        var error = await MoveOnceAsync(operation, async _ =>
        {
            var (before, delta) = (writes.Pending.OnHand, command.Counted - writes.Pending.OnHand);
            var decision = writes.Pending.Count(command.Counted, command.Reference);
            if (decision.Error is { } refused)
                return refused;
            counted = new StockCount(before, command.Counted);
            var adjusted = new AdjustStock(command.OperationId, delta, StockState.CountReason, command.Reference);
            var note = StockEvents.AdjustedBy(key, adjusted, writes.Pending, decision.State);
            await (delta == 0
                ? MoveAsync(decision, operation, null, Audit(note))
                : MoveAsync(decision, operation, null, StockEvents.Adjusted(key, adjusted, decision.State), Audit(note)));
            return null;
        });
        if (error is not null)
            return error;
        if (counted is null)
        {
            var known = (await ledger.FindAsync(KeyText, [operation], CancellationToken.None)).Single();
            counted = new StockCount(command.Counted - known.Delta, command.Counted);
        }
        return counted;
    }

    async Task<Result<Done>> IInventoryItemGrain.TransferAsync(TransferUnits command)
    {
        var error = await MoveOnceAsync(StockEvents.TransferOperation(command), async operation =>
        {
            var decision = writes.Pending.Transfer(command.Delta);
            if (decision.Error is { } refused)
                return refused;
            await MoveAsync(decision, operation, $"transfer {command.TransferId}");
            return null;
        }, anywhere: command.Delta > 0);
        return error is null ? default(Done) : error;
    }

    /// <summary>
    /// Makes a movement unless the ledger has its operation. Of calls with the same operation id at the same time, one moves and all get
    /// its result.
    /// </summary>
    /// <param name="operation">The operation id.</param>
    /// <param name="moveAsync">Makes the movement, or returns why it is refused.</param>
    /// <param name="anywhere">True for units that arrive, also at a location that was archived while they were on their way.</param>
    private async Task<Error?> MoveOnceAsync(string operation, Func<string, Task<Error?>> moveAsync, bool anywhere = false)
    {
        if (await FindProblemAsync(anywhere) is { } problem)
            return problem;
        if (movements.TryGetValue(operation, out var same))
            return await same;
        // The entry covers the look into the ledger too: a repetition that looked before the write and decided after it would write again.
        var moved = movements[operation] = LookAndMoveAsync();
        try
        {
            return await moved;
        }
        finally
        {
            movements.Remove(operation);
        }

        async Task<Error?> LookAndMoveAsync() =>
            (await ledger.FindAsync(KeyText, [operation], CancellationToken.None)).Length > 0 ? null : await moveAsync(operation);
    }
}
