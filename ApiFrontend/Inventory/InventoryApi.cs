using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OpenApi;
using SoonShop.ApiFrontend.Catalog;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.Inventory;

namespace SoonShop.ApiFrontend.Inventory;

/// <summary>Stock, for administrators.</summary>
internal static class InventoryApi
{
    public static void MapInventory(this IEndpointRouteBuilder api)
    {
        var inventory = api.MapGroup("/inventory/{sku}").WithTags("Admin: stock").ForAdministrators("inventory").LimitRate(RateClass.Admin);
        inventory.MapGet("", GetAsync).WithName("getStock").WithSummary("Get the stock of a SKU").WithETag();
        inventory.MapPut("", SetThresholdAsync)
            .WithName("setStockThreshold").WithSummary("Set the low-stock threshold").WithETag().WithIfMatch();
        inventory.MapPost("/adjustments", AdjustAsync)
            .WithName("adjustStock").WithSummary("Adjust the units on hand").WithETag().WithIfMatch();
        inventory.MapGet("/ledger", GetLedgerAsync).WithName("listStockMovements").WithSummary("List stock movements, newest first");
    }

    private static async Task<Results<Ok<StockOverview>, Problem>> GetAsync(
        string sku, HttpContext context, IClusterClient cluster, CancellationToken cancellation) =>
        Sku.TryNormalize(sku, out var known)
            ? (await cluster.GetGrain<IStockGrain>(0).GetAsync(known, cancellation)).WithETag(context, s => s.Version).Ok()
            : Unknown(sku);

    private static async Task<Results<Ok<StockLevel>, Problem>> SetThresholdAsync(
        string sku, StockSettingsRequest body, HttpContext context, IClusterClient cluster, CatalogReader catalog) =>
        Find(cluster, sku, body.Location) is { } item
            ? catalog.Invalidate(await item.SetLowStockThresholdAsync(body.LowStockThreshold!.Value, ETags.IfMatch(context)), s => s.Sku)
                .WithETag(context, s => s.Version).Ok()
            : Unknown(sku);

    private static async Task<Results<Created<StockLevel>, Problem>> AdjustAsync(
        string sku, AdjustmentRequest body, HttpContext context, IClusterClient cluster, CatalogReader catalog) =>
        Find(cluster, sku, body.Location) is { } item
            ? catalog.Invalidate(await item.AdjustAsync(new AdjustStock(
                context.OperationId().ToString("N"), body.Delta!.Value, body.Reason!, body.Reference, ETags.IfMatch(context))), s => s.Sku)
                .WithETag(context, s => s.Version).Created(s => $"/inventory/{s.Sku}/ledger")
            : Unknown(sku);

    private static async Task<Results<Ok<Page<StockMovement>>, Problem>> GetLedgerAsync(
        string sku, IClusterClient cluster, [Slug] string? location, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        Find(cluster, sku, location) is { } item ? (await item.GetLedgerAsync(new PageRequest(limit, cursor))).Ok() : Unknown(sku);

    private static IInventoryItemGrain? Find(IClusterClient cluster, string text, string? location) => Sku.TryNormalize(text, out var sku)
        ? cluster.GetGrain<IInventoryItemGrain>(new StockKey(sku, location ?? Location.DefaultId).GrainKey)
        : null;

    private static Problem Unknown(string sku) => new(Error.NotFound("not-found.product", $"The product {sku} was not found."));
}

/// <summary>The settings of an item's stock.</summary>
public sealed record StockSettingsRequest(
    [property: RequiredField, NumberRange(0, AdjustStock.MaxUnits)] int? LowStockThreshold,
    [property: Slug] string? Location = null);

/// <summary>A correction of the units on hand, with its reason.</summary>
public sealed record AdjustmentRequest(
    [property: RequiredField, NumberRange(-AdjustStock.MaxUnits, AdjustStock.MaxUnits), NotZero] int? Delta,
    [property: RequiredField, TextLength(100), Line] string? Reason,
    [property: TextLength(100), Line] string? Reference,
    [property: Slug] string? Location = null);

[AttributeUsage(AttributeTargets.Property)]
public sealed class NotZeroAttribute : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not 0 ? null : ErrorText.Of("field.not-zero", "must not be zero");

    void IDescribesSchema.Describe(OpenApiSchema schema) => schema.Not = new OpenApiSchema { Enum = [0] };
}
