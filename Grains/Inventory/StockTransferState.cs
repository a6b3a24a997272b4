using SoonShop.Aggregates;

namespace SoonShop.Inventory;

/// <summary>
/// The rules of a transfer. Each step is stored before stock moves, and each movement has an operation id, so that a step can be repeated.
/// <code>
/// leaving ─┬─ inTransit ─┬─ received
///          └─ returning ◄┘
///                └─ cancelled
/// </code>
/// </summary>
public sealed record StockTransferState
{
    /// <summary>How long after a step a crash may go unnoticed.</summary>
    private static readonly TimeSpan StepDelay = TimeSpan.FromSeconds(5);

    /// <summary>The id.</summary>
    public required Guid Id { get; init; }
    /// <summary>The location that the units leave.</summary>
    public required string From { get; init; }
    /// <summary>The location that they go to.</summary>
    public required string To { get; init; }
    /// <summary>A reference.</summary>
    public string? Reference { get; init; }
    /// <summary>The units by SKU.</summary>
    public required ImmutableArray<StockTransferLine> Lines { get; init; }
    /// <summary>The status.</summary>
    public StockTransferStatus Status { get; init; }
    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>When nothing was in transit any more.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>What arrived, oldest first.</summary>
    public ImmutableArray<TransferReceipt> Receipts { get; init; } = [];
    /// <summary>Why the first location did not give the units; null when it did.</summary>
    public ErrorText? Refusal { get; init; }

    /// <summary>The oldest receipt whose units may not be in stock.</summary>
    public TransferReceipt? OpenReceipt => Receipts.FirstOrDefault(r => !r.Done);

    /// <summary>True while a step may be interrupted.</summary>
    public bool HasOpenStep => OpenReceipt is not null || Status is StockTransferStatus.Leaving or StockTransferStatus.Returning;

    /// <summary>Creates a transfer, before any unit has moved.</summary>
    public static Decision<StockTransferState> Create(Guid id, CreateStockTransfer command, DateTimeOffset now) =>
        Decision<StockTransferState>.To(
            new StockTransferState
            {
                Id = id,
                From = command.From,
                To = command.To,
                Reference = command.Reference,
                Lines = [.. command.Lines.Select(l => new StockTransferLine(l.Sku, l.Quantity, 0, 0, 0))],
                CreatedAt = now,
            },
            new StockTransferTimeout(id, now + StepDelay));

    /// <summary>All units have left.</summary>
    public Decision<StockTransferState> Leave() => Status == StockTransferStatus.Leaving
        ? Decision<StockTransferState>.To(this with { Status = StockTransferStatus.InTransit })
        : Decision<StockTransferState>.NoChange(this);

    /// <summary>Some units could not leave. Those that did go back; the others are returned already.</summary>
    /// <param name="left">The SKUs whose units have left.</param>
    /// <param name="why">Why the others could not.</param>
    /// <param name="now">The time.</param>
    public Decision<StockTransferState> Refuse(IReadOnlyCollection<string> left, ErrorText why, DateTimeOffset now) =>
        Decision<StockTransferState>.To(
            this with
            {
                Status = StockTransferStatus.Returning,
                Refusal = why,
                Lines = [.. Lines.Select(l => left.Contains(l.Sku) ? l : l with { Returned = l.Quantity })],
            },
            new StockTransferTimeout(Id, now + StepDelay));

    /// <summary>Stores what arrived, before it is added to the stock. Changes nothing when the operation is known.</summary>
    public Decision<StockTransferState> Receive(ReceiveStockTransfer command, DateTimeOffset now)
    {
        if (Receipts.Any(r => r.OperationId == command.OperationId))
            return Decision<StockTransferState>.NoChange(this);
        if (Status != StockTransferStatus.InTransit)
            return WrongState;
        if (Receipts.Length >= StockTransfer.MaxReceipts)
        {
            return Error.Of(
                ErrorCode.Conflict, "error.transfer-receipts", $"A transfer is received in at most {StockTransfer.MaxReceipts} parts.");
        }
        var arrived = command.Lines ?? [.. Lines.Where(l => l.InTransit > 0).Select(l => new ArrivedUnits(l.Sku, l.InTransit, 0))];
        if (Check(arrived) is { } error)
            return error;
        var lines = Lines;
        foreach (var got in arrived)
        {
            var line = lines.First(l => l.Sku == got.Sku);
            lines = lines.Replace(line, line with { Received = line.Received + got.Received, Lost = line.Lost + got.Lost });
        }
        var next = this with { Lines = lines, Receipts = [.. Receipts, new TransferReceipt(command.OperationId, arrived)] };
        if (lines.All(l => l.InTransit == 0))
            next = next with { Status = StockTransferStatus.Received, EndedAt = now };
        return Decision<StockTransferState>.To(next, new StockTransferTimeout(Id, now + StepDelay));
    }

    private Error? Check(ImmutableArray<ArrivedUnits> arrived)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        for (var i = 0; i < arrived.Length; i++)
        {
            var got = arrived[i];
            if (Lines.FirstOrDefault(l => l.Sku == got.Sku) is not { } line)
                errors[$"lines[{i}].sku"] = [ErrorText.Of("field.not-in-transfer", "is not in this transfer")];
            else if (arrived.Take(i).Any(a => a.Sku == got.Sku))
                errors[$"lines[{i}].sku"] = [ErrorText.Of("field.named-twice", "is named more than once")];
            else if (got.Received + got.Lost == 0)
                errors[$"lines[{i}].received"] = [ErrorText.Of("field.arrived-none", "must be at least 1, or lost must")];
            else if (got.Received + got.Lost > line.InTransit)
                return Error.Of(
                    ErrorCode.Conflict, "error.transfer-units",
                    $"{line.InTransit} units of {got.Sku} are in transit, not {got.Received + got.Lost}.");
        }
        return errors.Count > 0 ? Error.Invalid(errors) : null;
    }

    /// <summary>The units of a receipt are in stock.</summary>
    public Decision<StockTransferState> EndReceipt(TransferReceipt receipt) =>
        Decision<StockTransferState>.To(this with { Receipts = Receipts.Replace(receipt, receipt with { Done = true }) });

    /// <summary>Decides that what is in transit goes back. Changes nothing when nothing is.</summary>
    public Decision<StockTransferState> Cancel(DateTimeOffset now) => Status switch
    {
        StockTransferStatus.InTransit => Decision<StockTransferState>.To(
            this with { Status = StockTransferStatus.Returning }, new StockTransferTimeout(Id, now + StepDelay)),
        StockTransferStatus.Cancelled or StockTransferStatus.Returning => Decision<StockTransferState>.NoChange(this),
        _ => WrongState,
    };

    /// <summary>What was in transit is back in stock.</summary>
    public Decision<StockTransferState> EndReturn(DateTimeOffset now) => Decision<StockTransferState>.To(this with
    {
        Status = StockTransferStatus.Cancelled,
        EndedAt = now,
        Lines = [.. Lines.Select(l => l with { Returned = l.Returned + l.InTransit })],
    });

    /// <summary>Returns the transfer as administrators see it.</summary>
    public StockTransfer ToView() => new(Id, Status, From, To, Lines, Reference, CreatedAt, EndedAt) { Refusal = Refusal?.English };

    private static Error WrongState { get; } = Error.Of(
        ErrorCode.Conflict, "error.transfer-state", "The transfer has ended, or has not begun, so this is not possible.");
}

/// <summary>What arrived of a transfer at one time.</summary>
/// <param name="OperationId">The operation id.</param>
/// <param name="Lines">The units by SKU.</param>
public sealed record TransferReceipt(string OperationId, ImmutableArray<ArrivedUnits> Lines)
{
    /// <summary>True once the units are in stock.</summary>
    public bool Done { get; init; }
}

/// <summary>The fields by which SQL finds transfers.</summary>
/// <param name="Status">The status.</param>
/// <param name="From">The location that the units leave.</param>
/// <param name="To">The location that they go to.</param>
/// <param name="CreatedAt">When it was created, in the form of <see cref="SortableTime"/>.</param>
/// <param name="EndedAt">When it ended, in the same form; null until then.</param>
/// <param name="InTransit">The units in transit by SKU; null for none.</param>
public sealed record StockTransferIndex(
    StockTransferStatus Status, string From, string To, string CreatedAt, string? EndedAt, Dictionary<string, int>? InTransit)
{
    /// <summary>Returns the index of a transfer.</summary>
    public static StockTransferIndex Of(StockTransferState transfer)
    {
        var units = transfer.Status == StockTransferStatus.Leaving ? []
            : transfer.Lines.Where(l => l.InTransit > 0).ToDictionary(l => l.Sku, l => l.InTransit, StringComparer.Ordinal);
        return new(
            transfer.Status, transfer.From, transfer.To, SortableTime.Of(transfer.CreatedAt),
            transfer.EndedAt is { } ended ? SortableTime.Of(ended) : null, units.Count > 0 ? units : null);
    }
}
