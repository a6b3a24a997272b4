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
        var orders = admin.MapGroup("/orders").WithTags("Administration").ForAdministrators("orders");
        orders.MapGet("", ListAsync).WithName("listAllOrders").WithSummary("All orders, newest first");
        orders.MapPost("/{id:guid}/ship", ShipAsync).WithName("shipOrder").WithSummary("Hand an order to a carrier").Refuses(RefusalCode.InvalidOrderState);
        orders.MapPost("/{id:guid}/deliver", DeliverAsync).WithName("deliverOrder").WithSummary("Note the delivery").Refuses(RefusalCode.InvalidOrderState);
        orders.MapPost("/{id:guid}/capture", CaptureAsync).WithName("captureOrder").WithSummary("Take what was authorized, or part of it").Refuses(RefusalCode.InvalidOrderState);
        orders.MapPost("/{id:guid}/refunds", RefundAsync).WithName("refundOrder").WithSummary("Give money back").RequireIdempotencyKey().Refuses(RefusalCode.InvalidOrderState);
    }

    private static async Task<Results<Ok<Page<Order>>, Problem>> ListAsync(
        IClusterClient cluster, [Word<OrderStatus>] string? status, Guid? customerId, DateTimeOffset? from, DateTimeOffset? to, [Cursor] string? cursor,
        [Range(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await cluster.GetGrain<IOrderListGrain>(Spread.Key()).ListAsync(
            new OrderQuery(customerId, null, Words.Read<OrderStatus>(status), from, to, new PageRequest(limit, cursor)))).Ok();

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
