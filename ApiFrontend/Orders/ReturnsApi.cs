using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.Carts;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>Returns of goods: requests of buyers, and what the shop does with them.</summary>
internal static class ReturnsApi
{
    public static void MapReturns(this IEndpointRouteBuilder api)
    {
        var returns = api.MapGroup("/orders/{id:guid}/returns").WithTags("Returns").ForCustomersAndGuests("orders")
            .TakesOrderToken();
        returns.MapPost("", RequestAsync).WithName("requestReturn").WithSummary("Request a return")
            .ProducesProblems(ErrorCode.NotFound, ErrorCode.Conflict);
        returns.MapPost("/{returnId:guid}/cancel", CancelAsync).WithName("cancelReturn").WithSummary("Cancel a return");
    }

    public static void MapAdminReturns(this IEndpointRouteBuilder admin)
    {
        var returns = admin.MapGroup("/orders/{id:guid}/returns/{returnId:guid}").WithTags("Admin: returns").ForAdministrators("orders");
        returns.MapPost("/approve", ApproveAsync).WithName("approveReturn").WithSummary("Approve a return");
        returns.MapPost("/refuse", RefuseAsync).WithName("refuseReturn").WithSummary("Refuse a return");
        returns.MapPost("/receive", ReceiveAsync).WithName("receiveReturn").WithSummary("Record what arrived of a return");
        returns.MapPost("/refund", RefundAsync).Admit(AdmissionClass.Payments)
            .WithName("refundReturn").WithSummary("Refund what arrived of a return");
    }

    private static async Task<Results<Created<Order>, Problem>> RequestAsync(
        Guid id, RequestReturnRequest body, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).RequestReturnAsync(
            context.Caller(), new RequestReturn(context.OperationId(), [.. body.Lines!.Select(l => l.ToLine())], body.Comment)))
        .Translate(context).Created(o => $"/orders/{o.Id}");

    private static async Task<Results<Ok<Order>, Problem>> CancelAsync(
        Guid id, Guid returnId, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).CancelReturnAsync(context.Caller(), returnId)).Translate(context).Ok();

    private static async Task<Results<Ok<Order>, Problem>> ApproveAsync(
        Guid id, Guid returnId, IClusterClient cluster, ApproveReturnRequest? body = null) =>
        (await cluster.GetGrain<IOrderGrain>(id).DecideReturnAsync(returnId, approved: true, body?.Note)).Ok();

    private static async Task<Results<Ok<Order>, Problem>> RefuseAsync(
        Guid id, Guid returnId, RefuseReturnRequest body, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).DecideReturnAsync(returnId, approved: false, body.Note)).Ok();

    private static async Task<Results<Ok<Order>, Problem>> ReceiveAsync(
        Guid id, Guid returnId, ReceiveReturnRequest body, IClusterClient cluster) =>
        (await cluster.GetGrain<IOrderGrain>(id).ReceiveReturnAsync(returnId, [.. body.Lines!.Select(l => l.ToUnits())])).Ok();

    private static async Task<Results<Ok<Order>, Problem>> RefundAsync(
        Guid id, Guid returnId, IClusterClient cluster, RefundReturnRequest? body = null) =>
        (await cluster.GetGrain<IOrderGrain>(id).RefundReturnAsync(
            new RefundReturn(returnId, body?.Fee ?? 0, body?.IncludeShipping))).Ok();
}

/// <summary>Units that a buyer sends back, and why.</summary>
public sealed record RequestReturnRequest(
    [property: RequiredField, ItemCount(1, Cart.MaxLines), NoNulls] List<ReturnLineRequest>? Lines,
    [property: TextLength(1000), CleanText] string? Comment = null);

/// <summary>Units of one line to send back.</summary>
public sealed record ReturnLineRequest(
    [property: RequiredField, SkuText] string? Sku, [property: RequiredField, NumberRange(1, CartLine.MaxQuantity)] int? Quantity,
    [property: RequiredField, TextLength(40), Line] string? Reason)
{
    public ReturnLine ToLine() => new(SoonShop.Sku.Normalize(Sku!), Quantity!.Value, Reason!);
}

/// <summary>How to send the goods, for the buyer.</summary>
public sealed record ApproveReturnRequest([property: TextLength(1000), Line] string? Note = null);

/// <summary>Why the shop does not take the goods back, for the buyer.</summary>
public sealed record RefuseReturnRequest([property: RequiredField, TextLength(1000), Line] string? Note);

/// <summary>What arrived of a return: each of its lines.</summary>
public sealed record ReceiveReturnRequest(
    [property: RequiredField, ItemCount(1, Cart.MaxLines), NoNulls] List<ReceivedLineRequest>? Lines);

/// <summary>What arrived of one line. The numbers add up to the requested units.</summary>
public sealed record ReceivedLineRequest(
    [property: RequiredField, SkuText] string? Sku,
    [property: NumberRange(0, CartLine.MaxQuantity)] int? Good = null,
    [property: NumberRange(0, CartLine.MaxQuantity)] int? Damaged = null,
    [property: NumberRange(0, CartLine.MaxQuantity)] int? Missing = null,
    [property: NumberRange(0, CartLine.MaxQuantity)] int? Restock = null,
    [property: Slug] string? Location = null)
{
    public ReceivedUnits ToUnits() =>
        new(SoonShop.Sku.Normalize(Sku!), Good ?? 0, Damaged ?? 0, Missing ?? 0, Restock ?? Good ?? 0) { Location = Location };
}

/// <summary>How a return is refunded.</summary>
public sealed record RefundReturnRequest(
    [property: NumberRange(0, Money.MaxAmount)] long? Fee = null, bool? IncludeShipping = null);
