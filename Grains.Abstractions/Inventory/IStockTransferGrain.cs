namespace SoonShop.Inventory;

/// <summary>
/// Units on their way from one location to another. Keyed by the transfer's id. They leave the first location when the transfer is created,
/// are in transit, and are added to the second one as they arrive. Each step happens once, and goes on after a crash.
/// </summary>
[Alias("soonshop.stock-transfer-grain")]
public interface IStockTransferGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Creates the transfer and takes the units from the first location: all of them or none. Idempotent by id. Errors:
    /// <c>validation-failed</c> for unknown locations and products; <c>conflict</c> when units are not available.
    /// </summary>
    [Alias("create"), Repeatable]
    Task<Result<StockTransfer>> CreateAsync(CreateStockTransfer command);

    /// <summary>Returns the transfer. Error: <c>not-found</c>.</summary>
    [Alias("get")]
    Task<Result<StockTransfer>> GetAsync();

    /// <summary>
    /// Records what arrived, or was lost on the way. Idempotent by operation id. Errors: <c>not-found</c>; <c>conflict</c> when fewer units
    /// are in transit.
    /// </summary>
    [Alias("receive"), Repeatable]
    Task<Result<StockTransfer>> ReceiveAsync(ReceiveStockTransfer command);

    /// <summary>
    /// Puts the units that are in transit back where they came from. Idempotent. Errors: <c>not-found</c>; <c>conflict</c> when all units
    /// have arrived.
    /// </summary>
    [Alias("cancel"), Repeatable]
    Task<Result<StockTransfer>> CancelAsync();

    /// <summary>Goes on with a step that a crash has interrupted. Idempotent.</summary>
    [Alias("resume")]
    Task ResumeAsync();
}

/// <summary>A transfer to create.</summary>
/// <param name="From">The location that the units leave.</param>
/// <param name="To">The location that they go to.</param>
/// <param name="Lines">The units by SKU, each SKU once; 1–<see cref="StockTransfer.MaxLines"/>.</param>
/// <param name="Reference">A reference, such as the number of a delivery note.</param>
[GenerateSerializer, Immutable, Alias("soonshop.create-stock-transfer")]
public sealed record CreateStockTransfer(string From, string To, ImmutableArray<TransferredUnits> Lines, string? Reference);

/// <summary>Units of a transfer.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Quantity">Units, one or more.</param>
[GenerateSerializer, Immutable, Alias("soonshop.transferred-units")]
public sealed record TransferredUnits(string Sku, int Quantity);

/// <summary>What arrived of a transfer.</summary>
/// <param name="OperationId">The operation id, by which it is recorded once.</param>
/// <param name="Lines">What arrived by SKU, each SKU once; null for everything that is in transit.</param>
[GenerateSerializer, Immutable, Alias("soonshop.receive-stock-transfer")]
public sealed record ReceiveStockTransfer(string OperationId, ImmutableArray<ArrivedUnits>? Lines);

/// <summary>What arrived of one line of a transfer.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Received">Units that arrived.</param>
/// <param name="Lost">Units that will not arrive.</param>
[GenerateSerializer, Immutable, Alias("soonshop.arrived-units")]
public sealed record ArrivedUnits(string Sku, int Received, int Lost);

/// <summary>A transfer of stock.</summary>
/// <param name="Id">The id.</param>
/// <param name="Status">The status.</param>
/// <param name="From">The location that the units leave.</param>
/// <param name="To">The location that they go to.</param>
/// <param name="Lines">The units by SKU.</param>
/// <param name="Reference">A reference.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="EndedAt">When nothing was in transit any more; null until then.</param>
[GenerateSerializer, Immutable, Alias("soonshop.stock-transfer")]
public sealed record StockTransfer(
    Guid Id, StockTransferStatus Status, string From, string To, ImmutableArray<StockTransferLine> Lines, string? Reference,
    DateTimeOffset CreatedAt, DateTimeOffset? EndedAt)
{
    /// <summary>The most SKUs of one transfer.</summary>
    public const int MaxLines = 100;

    /// <summary>Why nothing was moved, in English; null for a transfer whose units have left.</summary>
    [Id(0)] public string? Refusal { get; init; }

    /// <summary>The most times that units of one transfer are received.</summary>
    public const int MaxReceipts = 200;
}

/// <summary>One SKU of a transfer. <c>quantity = received + lost + returned + in transit</c>.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Quantity">Units that left.</param>
/// <param name="Received">Units that arrived.</param>
/// <param name="Lost">Units that were lost on the way.</param>
/// <param name="Returned">Units that went back where they came from.</param>
[GenerateSerializer, Immutable, Alias("soonshop.stock-transfer-line")]
public sealed record StockTransferLine(string Sku, int Quantity, int Received, int Lost, int Returned)
{
    /// <summary>Units on the way.</summary>
    public int InTransit => Quantity - Received - Lost - Returned;
}

/// <summary>The status of a transfer.</summary>
[Alias("soonshop.stock-transfer-status")]
public enum StockTransferStatus
{
    /// <summary>The units are being taken from the first location.</summary>
    Leaving,
    /// <summary>Units are on the way.</summary>
    InTransit,
    /// <summary>All units arrived or were lost.</summary>
    Received,
    /// <summary>What had not arrived went back where it came from.</summary>
    Cancelled,
    /// <summary>Units are being put back, because the transfer was cancelled or could not begin.</summary>
    Returning,
}
