using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.ApiFrontend.Users;
using SoonShop.Carts;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>Orders, for administrators.</summary>
internal static class AdminOrdersApi
{
    public static void MapAdminOrders(this IEndpointRouteBuilder admin)
    {
        var orders = admin.MapGroup("/orders").WithTags("Admin: orders").ForAdministrators("orders");
        orders.MapGet("", ListAsync).WithName("listAllOrders").WithSummary("List all orders, newest first");
        orders.MapPatch("/{id:guid}", UpdateAsync)
            .WithName("updateOrder").WithSummary("Correct the e-mail address or the shipping address of an order")
            .ProducesProblems(ErrorCode.InvalidOrderState, ErrorCode.Conflict);
        orders.MapPost("/{id:guid}/ship", ShipAsync).Admit(AdmissionClass.Payments)
            .WithName("shipOrder").WithSummary("Mark an order as shipped").ProducesProblems(ErrorCode.InvalidOrderState);
        orders.MapPost("/{id:guid}/deliver", DeliverAsync)
            .WithName("deliverOrder").WithSummary("Mark an order as delivered").ProducesProblems(ErrorCode.InvalidOrderState);
        orders.MapPost("/{id:guid}/capture", CaptureAsync).Admit(AdmissionClass.Payments)
            .WithName("captureOrder").WithSummary("Capture an authorized payment").ProducesProblems(ErrorCode.InvalidOrderState);
        orders.MapPost("/{id:guid}/refunds", RefundAsync).Admit(AdmissionClass.Payments)
            .WithName("refundOrder").WithSummary("Refund an order").RequireIdempotencyKey().ProducesProblems(ErrorCode.InvalidOrderState);
    }

    private static async Task<Results<Ok<Page<Order>>, Problem>> ListAsync(
        IClusterClient cluster, [EnumValue<OrderStatus>] string? status, Guid? customerId, [TextLength(40), CleanText] string? number,
        [KnownMailAddress] string? email,
        [SkuText] string? sku, [EnumValue<ReturnStatus>] string? returnStatus, [StartTime] string? from, [EndTime] string? to,
        [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await cluster.GetGrain<IOrderListGrain>(WorkerKeys.Next()).ListAsync(
            new OrderQuery(
                customerId, null, EnumQuery.Read<OrderStatus>(status), Times.ReadStart(from), Times.ReadEnd(to),
                new PageRequest(limit, cursor))
            {
                Number = number,
                Email = email,
                Sku = Sku.TryNormalize(sku, out var normalized) ? normalized : null,
                ReturnStatus = EnumQuery.Read<ReturnStatus>(returnStatus),
            })).Ok();

    private static async Task<Results<Ok<Order>, Problem>> UpdateAsync(Guid id, UpdateOrderRequest body, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).UpdateAsync(body.ToCommand())).Ok();

    private static async Task<Results<Ok<Order>, Problem>> ShipAsync(
        Guid id, ShipRequest body, HttpContext context, IClusterClient cluster)
    {
        var order = cluster.GetGrain<IOrderGrain>(id);
        // Silos of an older version know no location.
        return (body.Location is null
            ? await order.ShipAsync(body.Carrier!, body.TrackingNumber!)
            : await order.ShipAsync(body.ToCommand(context.OperationId()))).Ok();
    }

    private static async Task<Results<Ok<Order>, Problem>> DeliverAsync(Guid id, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).DeliverAsync()).Ok();

    private static async Task<Results<Ok<Order>, Problem>> CaptureAsync(
        Guid id, HttpContext context, IClusterClient cluster, CaptureRequest? body = null) =>
        (await cluster.GetGrain<IOrderGrain>(id).CaptureAsync(context.OperationId().ToString("N"), body?.Amount)).Ok();

    private static async Task<Results<Ok<Order>, Problem>> RefundAsync(
        Guid id, RefundRequest body, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).RefundAsync(body.ToCommand(context.OperationId().ToString("N")))).Ok();
}

/// <summary>What is corrected of an order; what is left out stays.</summary>
public sealed record UpdateOrderRequest([property: MailAddress] string? Email = null, AddressRequest? ShippingAddress = null)
{
    public UpdateOrder ToCommand() => new(Email?.Trim(), ShippingAddress?.ToAddress());
}

/// <summary>The carrier and tracking number of a shipment.</summary>
public sealed record ShipRequest(
    [property: RequiredField, TextLength(100), Line] string? Carrier,
    [property: RequiredField, TextLength(100), Line] string? TrackingNumber,
    [property: Slug] string? Location = null)
{
    public ShipUnits ToCommand(Guid shipmentId) => new(shipmentId, Carrier!, TrackingNumber!, null) { Location = Location };
}

/// <summary>How much of the authorized amount is captured.</summary>
public sealed record CaptureRequest([property: NumberRange(1, Money.MaxAmount)] long? Amount);

/// <summary>Exactly one of <c>amount</c>, <c>lines</c> and <c>full</c> says what is refunded.</summary>
public sealed record RefundRequest(
    [property: NumberRange(1, Money.MaxAmount), ExactlyOneOf(nameof(RefundRequest.Lines), nameof(RefundRequest.Full))] long? Amount,
    [property: ItemCount(1, Cart.MaxLines), NoNulls, ExactlyOneOf(nameof(RefundRequest.Amount), nameof(RefundRequest.Full))]
    List<LineUnitsRequest>? Lines,
    [property: OnlyTrue, ExactlyOneOf(nameof(RefundRequest.Amount), nameof(RefundRequest.Lines))] bool? Full,
    [property: RequiredField, TextLength(500), Line] string? Reason)
{
    public RefundOrder ToCommand(string refundId) =>
        new(refundId, Amount, Lines?.ToUnits(), Full == true, Reason!);
}
