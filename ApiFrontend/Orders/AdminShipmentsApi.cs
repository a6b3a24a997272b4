using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.Carts;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>The parcels of an order, for administrators.</summary>
internal static class AdminShipmentsApi
{
    public static void MapAdminShipments(this IEndpointRouteBuilder admin)
    {
        admin.MapPost("/orders/{id:guid}/move-units", MoveUnitsAsync).WithTags("Admin: orders").ForAdministrators("orders")
            .WithName("moveOrderUnits").WithSummary("Let another location ship units of an order")
            .ProducesProblems(ErrorCode.InvalidOrderState, ErrorCode.OutOfStock);
        var shipments = admin.MapGroup("/orders/{id:guid}/shipments").WithTags("Admin: orders").ForAdministrators("orders");
        shipments.MapPost("", ShipAsync).Admit(AdmissionClass.Payments)
            .WithName("createShipment").WithSummary("Ship units of an order").ProducesProblems(ErrorCode.InvalidOrderState);
        shipments.MapPatch("/{shipmentId:guid}", CorrectAsync)
            .WithName("correctShipment").WithSummary("Correct the carrier or tracking number of a shipment");
        shipments.MapPost("/{shipmentId:guid}/deliver", DeliverAsync)
            .WithName("deliverShipment").WithSummary("Mark a shipment as delivered");
        shipments.MapGet("/{shipmentId:guid}/packing-slip", GetPackingSlipAsync)
            .WithName("getPackingSlip").WithSummary("Get the packing slip of a shipment").Produces(200, contentType: PackingSlip.MediaType);
    }

    private static async Task<Results<Ok<Order>, Problem>> MoveUnitsAsync(
        Guid id, MoveUnitsRequest body, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).MoveUnitsAsync(body.ToCommand(context.OperationId()))).Ok();

    private static async Task<Results<Created<Order>, Problem>> ShipAsync(
        Guid id, CreateShipmentRequest body, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).ShipAsync(body.ToCommand(context.OperationId()))).Created(o => $"/orders/{o.Id}");

    private static async Task<Results<Ok<Order>, Problem>> CorrectAsync(
        Guid id, Guid shipmentId, CorrectShipmentRequest body, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).CorrectShipmentAsync(
            new CorrectShipment(shipmentId, body.Carrier, body.TrackingNumber))).Ok();

    private static async Task<Results<Ok<Order>, Problem>> DeliverAsync(Guid id, Guid shipmentId, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).DeliverShipmentAsync(shipmentId)).Ok();

    private static async Task<IResult> GetPackingSlipAsync(Guid id, Guid shipmentId, HttpContext context, IClusterClient cluster)
    {
        var order = await cluster.GetGrain<IOrderGrain>(id).GetAsync(context.Caller());
        if (order.IsError)
            return new Problem(order.Error);
        return order.Value.Shipments.FirstOrDefault(s => s.Id == shipmentId) is { } shipment
            ? new PackingSlip(order.Value, shipment)
            : new Problem(Error.NotFound("not-found.shipment", "The shipment was not found."));
    }
}

/// <summary>A parcel with some or all of the units that are left to ship.</summary>
public sealed record CreateShipmentRequest(
    [property: RequiredField, TextLength(100), Line] string? Carrier,
    [property: RequiredField, TextLength(100), Line] string? TrackingNumber,
    [property: ItemCount(1, Cart.MaxLines), NoNulls] List<LineUnitsRequest>? Lines = null,
    [property: Slug] string? Location = null)
{
    public ShipUnits ToCommand(Guid shipmentId) => new(shipmentId, Carrier!, TrackingNumber!, Lines?.ToUnits()) { Location = Location };
}

/// <summary>Units that another location is to ship.</summary>
public sealed record MoveUnitsRequest(
    [property: RequiredField, SkuText] string? Sku, [property: RequiredField, NumberRange(1, CartLine.MaxQuantity)] int? Quantity,
    [property: RequiredField, Slug] string? From, [property: RequiredField, Slug] string? To)
{
    public MoveUnits ToCommand(Guid moveId) => new(moveId, SoonShop.Sku.Normalize(Sku!), Quantity!.Value, From!, To!);
}

/// <summary>What is corrected of a shipment; what is left out stays.</summary>
public sealed record CorrectShipmentRequest(
    [property: TextLength(100, MinimumLength = 1), Line] string? Carrier = null,
    [property: TextLength(100, MinimumLength = 1), Line] string? TrackingNumber = null);

/// <summary>Units of one line of an order.</summary>
public sealed record LineUnitsRequest(
    [property: RequiredField, SkuText] string? Sku, [property: RequiredField, NumberRange(1, CartLine.MaxQuantity)] int? Quantity)
{
    public LineUnits ToUnits() => new(SoonShop.Sku.Normalize(Sku!), Quantity!.Value);
}

/// <summary>Converts lines of requests.</summary>
internal static class LineUnitsRequests
{
    /// <summary>Returns the units.</summary>
    public static ImmutableArray<LineUnits> ToUnits(this List<LineUnitsRequest> lines) => [.. lines.Select(l => l.ToUnits())];
}
