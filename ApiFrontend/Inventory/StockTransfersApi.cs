using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Localization;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.Inventory;

namespace SoonShop.ApiFrontend.Inventory;

/// <summary>Transfers of stock between locations, and stock takes, for administrators.</summary>
internal static class StockTransfersApi
{
    public static void MapAdminStock(this IEndpointRouteBuilder admin)
    {
        var transfers = admin.MapGroup("/stock-transfers").WithTags("Admin: stock").ForAdministrators("inventory");
        transfers.MapGet("", ListAsync).WithName("listStockTransfers").WithSummary("List transfers between locations, newest first");
        transfers.MapPost("", CreateAsync).WithName("createStockTransfer").WithSummary("Send stock to another location")
            .ProducesProblems(ErrorCode.Conflict);
        transfers.MapGet("/{id:guid}", GetAsync).WithName("getStockTransfer").WithSummary("Get a transfer");
        transfers.MapPost("/{id:guid}/receive", ReceiveAsync)
            .WithName("receiveStockTransfer").WithSummary("Record what arrived of a transfer").ProducesProblems(ErrorCode.Conflict);
        transfers.MapPost("/{id:guid}/cancel", CancelAsync)
            .WithName("cancelStockTransfer").WithSummary("Put what is in transit back").ProducesProblems(ErrorCode.Conflict);

        admin.MapPost("/stock-takes", CountAsync).WithTags("Admin: stock").ForAdministrators("inventory")
            .WithName("countStock").WithSummary("Set the stock of a location to what was counted");
    }

    private static async Task<Results<Ok<Page<StockTransfer>>, Problem>> ListAsync(
        IClusterClient cluster, [EnumValue<StockTransferStatus>] string? status, [Slug] string? location, [Cursor] string? cursor,
        CancellationToken cancellation, [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await cluster.GetGrain<IStockGrain>(0).ListTransfersAsync(
            new StockTransferQuery(EnumQuery.Read<StockTransferStatus>(status), location, new PageRequest(limit, cursor)),
            cancellation)).Ok();

    private static async Task<Results<Created<StockTransfer>, Problem>> CreateAsync(
        CreateStockTransferRequest body, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IStockTransferGrain>(context.OperationId()).CreateAsync(body.ToCommand()))
            .Created(t => $"/admin/stock-transfers/{t.Id}");

    private static async Task<Results<Ok<StockTransfer>, Problem>> GetAsync(Guid id, IClusterClient cluster) =>
        (await cluster.GetGrain<IStockTransferGrain>(id).GetAsync()).Ok();

    private static async Task<Results<Ok<StockTransfer>, Problem>> ReceiveAsync(
        Guid id, HttpContext context, IClusterClient cluster, ReceiveStockTransferRequest? body = null) =>
        (await cluster.GetGrain<IStockTransferGrain>(id).ReceiveAsync(new ReceiveStockTransfer(
            context.OperationId().ToString("N"), body?.Lines is { } lines ? [.. lines.Select(l => l.ToUnits())] : null))).Ok();

    private static async Task<Results<Ok<StockTransfer>, Problem>> CancelAsync(Guid id, IClusterClient cluster) =>
        (await cluster.GetGrain<IStockTransferGrain>(id).CancelAsync()).Ok();

    private static async Task<Results<Ok<StockTakeResponse>, Problem>> CountAsync(
        StockTakeRequest body, HttpContext context, IClusterClient cluster)
    {
        var language = Messages.For(context.Request);
        return (await cluster.GetGrain<IStockGrain>(0).CountAsync(body.ToCommand(context.OperationId())))
            .Ok(counts => new StockTakeResponse([.. counts.Select(c => StockTakeLineResponse.Of(c, language))]));
    }
}

/// <summary>Units to send to another location. They leave at once, and are in transit until they are received.</summary>
public sealed record CreateStockTransferRequest(
    [property: RequiredField, Slug] string? From,
    [property: RequiredField, Slug] string? To,
    [property: RequiredField, ItemCount(1, StockTransfer.MaxLines), NoNulls] List<TransferredUnitsRequest>? Lines,
    [property: TextLength(100), Line] string? Reference = null)
{
    public CreateStockTransfer ToCommand() => new(From!, To!, [.. Lines!.Select(l => l.ToUnits())], Reference);
}

/// <summary>Units of one SKU to send.</summary>
public sealed record TransferredUnitsRequest(
    [property: RequiredField, SkuText] string? Sku, [property: RequiredField, NumberRange(1, AdjustStock.MaxUnits)] int? Quantity)
{
    public TransferredUnits ToUnits() => new(SoonShop.Sku.Normalize(Sku!), Quantity!.Value);
}

/// <summary>What arrived of a transfer.</summary>
public sealed record ReceiveStockTransferRequest(
    [property: ItemCount(1, StockTransfer.MaxLines), NoNulls] List<ArrivedUnitsRequest>? Lines = null);

/// <summary>What arrived of one SKU, or was lost on the way.</summary>
public sealed record ArrivedUnitsRequest(
    [property: RequiredField, SkuText] string? Sku,
    [property: NumberRange(0, AdjustStock.MaxUnits)] int? Received = null,
    [property: NumberRange(0, AdjustStock.MaxUnits)] int? Lost = null)
{
    public ArrivedUnits ToUnits() => new(SoonShop.Sku.Normalize(Sku!), Received ?? 0, Lost ?? 0);
}

/// <summary>What was counted at a location.</summary>
public sealed record StockTakeRequest(
    [property: RequiredField, ItemCount(1, StockTake.MaxLines), NoNulls] List<CountedUnitsRequest>? Lines,
    [property: Slug] string? Location = null,
    [property: TextLength(100), Line] string? Reference = null)
{
    public StockTake ToCommand(Guid operationId) => new(
        operationId, Location ?? SoonShop.Inventory.Location.DefaultId, [.. Lines!.Select(l => l.ToUnits())], Reference);
}

/// <summary>What was counted of one SKU.</summary>
public sealed record CountedUnitsRequest(
    [property: RequiredField, SkuText] string? Sku, [property: RequiredField, NumberRange(0, AdjustStock.MaxUnits)] int? Counted)
{
    public CountedUnits ToUnits() => new(SoonShop.Sku.Normalize(Sku!), Counted!.Value);
}

/// <summary>The result of a stock take.</summary>
/// <param name="Lines">The result of each line, in the order of the request.</param>
internal sealed record StockTakeResponse(ImmutableArray<StockTakeLineResponse> Lines);

/// <summary>The result of one line of a stock take.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="OnHandBefore">The units that were on hand by the counters; null when the line was refused.</param>
/// <param name="Counted">The units that were counted.</param>
/// <param name="Difference">Counted units less the units by the counters; null when the line was refused.</param>
/// <param name="Problem">Why the stock was not set; null when it was.</param>
internal sealed record StockTakeLineResponse(string Sku, int? OnHandBefore, int Counted, int? Difference, string? Problem)
{
    public static StockTakeLineResponse Of(CountedLine line, Messages language) => line.Error is { } error
        ? new(line.Sku, null, line.Counted, null, error.Text is { } text ? language.Text(text) : error.Detail)
        : new(line.Sku, line.OnHandBefore, line.Counted, line.Counted - line.OnHandBefore, null);
}
