using SoonShop.Aggregates;
using SoonShop.Auditing;

namespace SoonShop.Inventory;

[DeactivateWhenEmpty]
internal sealed class StockTransferGrain(
    [PersistentState("stock-transfer")] IPersistentState<StateEnvelope<StockTransferState>> storage, TimeProvider time,
    StockLocations locations)
    : AggregateGrain<StockTransferState>(storage, time), IStockTransferGrain
{
    protected override string Aggregate => "stock-transfer";

    protected override string StreamKeyOf(StockTransferState state) => Id.ToString("N");

    protected override object? IndexOf(StockTransferState state) => StockTransferIndex.Of(state);

    private Guid Id => this.GetPrimaryKey();

    async Task<Result<StockTransfer>> IStockTransferGrain.CreateAsync(CreateStockTransfer command)
    {
        if (State is null)
        {
            if (await CheckAsync(command) is { } error)
                return error;
            await CommitAsync(
                StockTransferState.Create(Id, command, Now),
                Note("inventory.transfer", new { command.From, command.To, command.Lines, command.Reference }));
            CrashPoint.Pass("transfer.created");
        }
        await AdvanceAsync();
        return State!.Refusal is { } refusal ? Refused(refusal) : State.ToView();
    }

    Task<Result<StockTransfer>> IStockTransferGrain.GetAsync() =>
        Task.FromResult<Result<StockTransfer>>(State is { } known ? known.ToView() : NoTransfer);

    async Task<Result<StockTransfer>> IStockTransferGrain.ReceiveAsync(ReceiveStockTransfer command)
    {
        if (State is null)
            return NoTransfer;
        await AdvanceAsync();
        var decision = State.Receive(command, Now);
        if (decision.Error is { } error)
            return error;
        await CommitAsync(decision, Note("inventory.receive-transfer", new { command.Lines }));
        CrashPoint.Pass("transfer.received");
        await AdvanceAsync();
        return State.ToView();
    }

    async Task<Result<StockTransfer>> IStockTransferGrain.CancelAsync()
    {
        if (State is null)
            return NoTransfer;
        await AdvanceAsync();
        var decision = State.Cancel(Now);
        if (decision.Error is { } error)
            return error;
        await CommitAsync(decision, Note("inventory.cancel-transfer", null));
        CrashPoint.Pass("transfer.cancelled");
        await AdvanceAsync();
        return State.ToView();
    }

    Task IStockTransferGrain.ResumeAsync() => State is null ? Task.CompletedTask : AdvanceAsync();

    /// <summary>Moves the stock of the open steps. An earlier activation may have moved it without recording that.</summary>
    private async Task AdvanceAsync()
    {
        while (State is { HasOpenStep: true } transfer)
        {
            if (transfer.OpenReceipt is { } receipt)
            {
                await Task.WhenAll(receipt.Lines.Where(l => l.Received > 0).Select(l =>
                    MoveAsync(transfer.To, $"{Id:N}/in/{receipt.OperationId}", l.Sku, l.Received)));
                CrashPoint.Pass("transfer.arrived");
                await CommitAsync(transfer.EndReceipt(receipt));
            }
            else if (transfer.Status == StockTransferStatus.Leaving)
            {
                await LeaveAsync(transfer);
            }
            else
            {
                await Task.WhenAll(transfer.Lines.Where(l => l.InTransit > 0).Select(l =>
                    MoveAsync(transfer.From, $"{Id:N}/back", l.Sku, l.InTransit)));
                CrashPoint.Pass("transfer.returned");
                await CommitAsync(transfer.EndReturn(Now));
            }
        }
    }

    private async Task LeaveAsync(StockTransferState transfer)
    {
        var results = await Task.WhenAll(transfer.Lines.Select(async l => (l.Sku, (await Item(transfer.From, l.Sku).TransferAsync(
            new TransferUnits($"{Id:N}/out", Id, -l.Quantity))).Error)));
        CrashPoint.Pass("transfer.left");
        var (sku, error) = results.FirstOrDefault(r => r.Error is not null);
        await CommitAsync(error is null
            ? transfer.Leave()
            : transfer.Refuse(
                [.. results.Where(r => r.Error is null).Select(r => r.Sku)], ErrorText.Of("error.transfer-sku", $"{sku}: {TextOf(error)}"),
                Now));
    }

    private async Task MoveAsync(string location, string operation, string sku, int units)
    {
        var moved = await Item(location, sku).TransferAsync(new TransferUnits(operation, Id, units));
        if (moved.Error is { } error)
            throw new UnavailableException(TextOf(error));
    }

    private static ErrorText TextOf(Error error) => error.Text ?? ErrorText.Untranslated(error.Detail);

    private async Task<Error?> CheckAsync(CreateStockTransfer command)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        // Also a location that was archived can be emptied: its items tell whether there is anything.
        if (!await locations.ExistsAsync(command.To))
            errors["to"] = [StockLines.Unknown];
        else if (command.From == command.To)
            errors["to"] = [ErrorText.Of("field.same-location", "must be another location than from")];
        await StockLines.CheckAsync(errors, GrainFactory, command.Lines.Select(l => l.Sku));
        return errors.Count > 0 ? Error.Invalid(errors) : null;
    }

    private AuditRecorded Note(string action, object? details) =>
        Audit(new AuditEvent(action, $"stock-transfer/{Id}") { Details = details });

    private IInventoryItemGrain Item(string location, string sku) =>
        GrainFactory.Reference<IInventoryItemGrain>(new StockKey(sku, location).GrainKey);

    private static Error Refused(ErrorText refusal) => Error.Of(
        ErrorCode.Conflict, "error.transfer-refused", $"Nothing was moved. {refusal}");

    private static Error NoTransfer { get; } = Error.NotFound("not-found.transfer", "The transfer was not found.");
}
