using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>Orders that staff writes for customers.</summary>
internal static class DraftOrdersApi
{
    public static void MapAdminDraftOrders(this IEndpointRouteBuilder admin)
    {
        var drafts = admin.MapGroup("/draft-orders").WithTags("Admin: draft orders").ForAdministrators("orders");
        drafts.MapGet("", ListAsync).WithName("listDraftOrders").WithSummary("List draft orders, newest first");
        drafts.MapPost("", CreateAsync).WithName("createDraftOrder").WithSummary("Write an order for a customer").WithETag();
        drafts.MapGet("/{id:guid}", GetAsync).WithName("getDraftOrder").WithSummary("Get a draft order").WithETag();
        drafts.MapPut("/{id:guid}", ReplaceAsync).WithName("replaceDraftOrder").WithSummary("Replace an open draft order")
            .WithETag().WithIfMatch().ProducesProblems(ErrorCode.Conflict);
        drafts.MapDelete("/{id:guid}", CancelAsync).WithName("cancelDraftOrder").WithSummary("Cancel an open draft order")
            .WithIfMatch().ProducesProblems(ErrorCode.Conflict);
        drafts.MapPost("/{id:guid}/send", SendAsync).Admit(AdmissionClass.Payments)
            .WithName("sendDraftOrder").WithSummary("Place the order of a draft and mail the customer a link that pays")
            .WithETag().WithIfMatch().ProducesProblems(ErrorCode.Conflict, ErrorCode.OutOfStock);
    }

    private static async Task<Results<Ok<Page<DraftOrder>>, Problem>> ListAsync(
        IClusterClient cluster, [EnumValue<DraftOrderStatus>] string? status, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await cluster.GetGrain<IDraftOrderListGrain>(WorkerKeys.Next()).ListAsync(
            new DraftOrderQuery(EnumQuery.Read<DraftOrderStatus>(status), null, new PageRequest(limit, cursor)))).Ok();

    private static async Task<Results<Created<DraftOrder>, Problem>> CreateAsync(
        DraftOrderRequest body, HttpContext context, IClusterClient cluster) =>
        Shown(await Draft(cluster, context.OperationId()).CreateAsync(body.ToContent(), context.Actor()), context)
            .Created(d => $"/admin/draft-orders/{d.Id}");

    private static async Task<Results<Ok<DraftOrder>, Problem>> GetAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        Shown(await Draft(cluster, id).GetAsync(), context).Ok();

    private static async Task<Results<Ok<DraftOrder>, Problem>> ReplaceAsync(
        Guid id, DraftOrderRequest body, HttpContext context, IClusterClient cluster) =>
        Shown(await Draft(cluster, id).ReplaceAsync(body.ToContent(), ETags.IfMatch(context)), context).Ok();

    private static async Task<Results<NoContent, Problem>> CancelAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        (await Draft(cluster, id).CancelAsync(ETags.IfMatch(context))).NoContent();

    private static async Task<Results<Ok<DraftOrder>, Problem>> SendAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        Shown(await Draft(cluster, id).SendAsync(ETags.IfMatch(context), context.Actor()), context).Ok();

    private static IDraftOrderGrain Draft(IClusterClient cluster, Guid id) => cluster.GetGrain<IDraftOrderGrain>(id);

    /// <summary>Returns the draft with its ETag, and its texts in the language of the request.</summary>
    private static Result<DraftOrder> Shown(Result<DraftOrder> draft, HttpContext context)
    {
        draft = draft.WithETag(context, d => d.Version);
        return draft is { IsError: false, Value: { Quote: { Prices: { } prices } quote } shown }
            ? shown with { Quote = quote with { Prices = prices.Translate(context) } }
            : draft;
    }
}
