namespace SoonShop.Inventory;

/// <summary>Reads the stock of all locations. Keyed by 0. Every silo has its own activations.</summary>
[Alias("soonshop.stock")]
public interface IStockGrain : IGrainWithIntegerKey
{
    /// <summary>Returns the stock of a SKU at each location, and together. Error: <c>not-found</c> when there is no such product.</summary>
    [Alias("get")]
    Task<Result<StockOverview>> GetAsync(string sku, CancellationToken cancellation = default);

    /// <summary>
    /// Sets the stock of a location to what was counted, each line by itself: a line that is refused does not keep the others from being
    /// set. Idempotent by operation id. Errors: <c>validation-failed</c> for an unknown location, an unknown product, and a SKU that is
    /// named twice; then nothing is set.
    /// </summary>
    [Alias("count"), Repeatable]
    Task<Result<ImmutableArray<CountedLine>>> CountAsync(StockTake command);

    /// <summary>Lists transfers, newest first. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("list-transfers")]
    Task<Result<Page<StockTransfer>>> ListTransfersAsync(StockTransferQuery query, CancellationToken cancellation = default);
}

/// <summary>The stock of a SKU at all locations.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="OnHand">Units on hand.</param>
/// <param name="Reserved">Units of these that are reserved for orders.</param>
/// <param name="Available">Units that can be sold: those of locations that are switched on.</param>
/// <param name="LowStockThreshold">The threshold of the default location.</param>
/// <param name="InTransit">Units of transfers that have left a location and not arrived at another one.</param>
/// <param name="Locations">The stock at each location, by the locations' priority.</param>
[GenerateSerializer, Immutable, Alias("soonshop.stock-overview")]
public sealed record StockOverview(
    string Sku, long OnHand, long Reserved, long Available, int LowStockThreshold, int InTransit, ImmutableArray<LocationLevel> Locations)
{
    /// <summary>The version of the stock at the default location; used as the ETag.</summary>
    [Id(0), System.Text.Json.Serialization.JsonIgnore] public int Version { get; init; }
}

/// <summary>The stock of a SKU at one location.</summary>
/// <param name="Location">The id of the location.</param>
/// <param name="Name">Its name.</param>
/// <param name="Sells">False when the location is switched off.</param>
/// <param name="OnHand">Units on hand.</param>
/// <param name="Reserved">Units of these that are reserved for orders.</param>
/// <param name="Available">Units that are not reserved.</param>
/// <param name="LowStockThreshold">The number of available units at or below which stock is low.</param>
/// <param name="Version">The number of changes; in quotes, it is the ETag for <c>If-Match</c> of changes at this location.</param>
[GenerateSerializer, Immutable, Alias("soonshop.location-level")]
public sealed record LocationLevel(
    string Location, string Name, bool Sells, int OnHand, int Reserved, int Available, int LowStockThreshold, int Version);

/// <summary>A count of the stock at one location.</summary>
/// <param name="OperationId">The operation id, by which it happens once.</param>
/// <param name="Location">The location.</param>
/// <param name="Lines">What was counted by SKU, each SKU once; 1–<see cref="MaxLines"/>.</param>
/// <param name="Reference">A reference, such as the number of the stock take.</param>
[GenerateSerializer, Immutable, Alias("soonshop.stock-take")]
public sealed record StockTake(Guid OperationId, string Location, ImmutableArray<CountedUnits> Lines, string? Reference)
{
    /// <summary>The most lines. Larger stock takes are made in parts, or by a CSV file.</summary>
    public const int MaxLines = 500;
}

/// <summary>What was counted of one SKU.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Counted">The units that were counted.</param>
[GenerateSerializer, Immutable, Alias("soonshop.counted-units")]
public sealed record CountedUnits(string Sku, int Counted);

/// <summary>The result of one line of a stock take.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Counted">The units that were counted.</param>
/// <param name="OnHandBefore">The units that were on hand by the counters; 0 when the line was refused.</param>
/// <param name="Error">Why the stock was not set; null when it was.</param>
[GenerateSerializer, Immutable, Alias("soonshop.counted-line")]
public sealed record CountedLine(string Sku, int Counted, int OnHandBefore, Error? Error);

/// <summary>Which transfers to list.</summary>
/// <param name="Status">Only those with this status; null for all.</param>
/// <param name="Location">Only those from or to this location; null for all.</param>
/// <param name="Page">The page.</param>
[GenerateSerializer, Immutable, Alias("soonshop.stock-transfer-query")]
public sealed record StockTransferQuery(StockTransferStatus? Status, string? Location, PageRequest Page);
