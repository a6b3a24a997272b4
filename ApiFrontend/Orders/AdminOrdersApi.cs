using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>Orders, for administrators.</summary>
internal static class AdminOrdersApi
{
    public static void MapAdminOrders(this IEndpointRouteBuilder admin)
    {
        var orders = admin.MapGroup("/orders").WithTags("Administration");
        orders.MapGet("", ListAsync).WithSummary("All orders, newest first").Refuses(400, 401, 403, 503);
        orders.MapPost("/{id:guid}/ship", ShipAsync).WithSummary("Hand an order to a carrier").Refuses(400, 401, 403, 404, 409, 422, 503);
        orders.MapPost("/{id:guid}/deliver", DeliverAsync).WithSummary("Note the delivery").Refuses(401, 403, 404, 409, 422, 503);
        orders.MapPost("/{id:guid}/capture", CaptureAsync).WithSummary("Take what was authorized, or part of it").Refuses(400, 401, 403, 404, 409, 422, 503);
        orders.MapPost("/{id:guid}/refunds", RefundAsync).WithSummary("Give money back").RequireIdempotencyKey()
            .Refuses(400, 401, 403, 404, 409, 422, 503);
    }

    private static async Task<Results<Ok<Page<Order>>, Problem>> ListAsync(
        IClusterClient cluster, string? status, Guid? customerId, DateTimeOffset? from, DateTimeOffset? to, string? cursor,
        [Range(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        OrderFilters.TryStatus(status, out var wanted)
            ? (await cluster.GetGrain<IOrderListGrain>(Spread.Key()).ListAsync(new OrderQuery(customerId, null, wanted, from, to, new PageRequest(limit, cursor)))).Ok()
            : OrderFilters.BadStatus;

    private static async Task<Results<Ok<Order>, Problem>> ShipAsync(Guid id, ShipRequest body, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).ShipAsync(body.Carrier!, body.TrackingNumber!)).Ok();

    private static async Task<Results<Ok<Order>, Problem>> DeliverAsync(Guid id, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).DeliverAsync()).Ok();

    private static async Task<Results<Ok<Order>, Problem>> CaptureAsync(Guid id, HttpContext context, IClusterClient cluster, CaptureRequest? body = null) =>
        (await cluster.GetGrain<IOrderGrain>(id).CaptureAsync(context.OperationId().ToString("N"), body?.Amount)).Ok();

    private static async Task<Results<Ok<Order>, Problem>> RefundAsync(Guid id, RefundRequest body, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).RefundAsync(context.OperationId().ToString("N"), body.Amount, body.Reason!)).Ok();
}

public sealed record ShipRequest(
    [property: Required, StringLength(100), CleanText] string? Carrier,
    [property: Required, StringLength(100), CleanText] string? TrackingNumber);

public sealed record CaptureRequest([property: Range(1, Money.MaxAmount)] long? Amount);

public sealed record RefundRequest(
    [property: Range(1, Money.MaxAmount)] long? Amount,
    [property: Required, StringLength(500), CleanText] string? Reason);
