using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.Notifications;

namespace SoonShop.ApiFrontend.Notifications;

/// <summary>Webhook endpoints, for administrators.</summary>
internal static class AdminWebhooksApi
{
    /// <summary>The most characters of an event's id.</summary>
    internal const int MaxEventId = 200;

    public static void MapAdminWebhooks(this IEndpointRouteBuilder admin)
    {
        var webhooks = admin.MapGroup("/webhooks").WithTags("Admin: webhooks").ForAdministrators("webhooks");
        webhooks.MapGet("", ListAsync).WithName("listWebhooks").WithSummary("List webhook endpoints");
        webhooks.MapPost("", CreateAsync).WithName("createWebhook").WithSummary("Add a webhook endpoint").HoldsSecret(inBody: false);
        webhooks.MapGet("/{id:guid}", GetAsync).WithName("getWebhook").WithSummary("Get a webhook endpoint");
        webhooks.MapDelete("/{id:guid}", DeleteAsync).WithName("deleteWebhook").WithSummary("Remove a webhook endpoint");
        webhooks.MapPost("/{id:guid}/enable", EnableAsync).WithName("enableWebhook").WithSummary("Enable a disabled webhook endpoint");
        webhooks.MapPost("/{id:guid}/test", TestAsync).WithName("testWebhook").WithSummary("Post a test event");
        webhooks.MapPost("/{id:guid}/resend", ResendAsync).WithName("resendWebhookEvent").WithSummary("Post an event again");
        webhooks.MapGet("/{id:guid}/deliveries", ListDeliveriesAsync).WithName("listWebhookDeliveries")
            .WithSummary("List attempts to post to a webhook endpoint, the latest first");
    }

    private static async Task<Ok<Page<WebhookEndpoint>>> ListAsync(IClusterClient cluster) =>
        TypedResults.Ok(new Page<WebhookEndpoint>(await cluster.GetGrain<IWebhookListGrain>(0).ListAsync(), null));

    private static async Task<Results<Created<NewWebhookResponse>, Problem>> CreateAsync(
        WebhookRequest body, HttpContext context, IClusterClient cluster) =>
        (await Endpoint(cluster, context.OperationId()).CreateAsync(body.Url!, [.. body.EventTypes!], context.Actor())) is var result
        && result.IsError
            ? new Problem(result.Error)
            : TypedResults.Created($"/api/v1/admin/webhooks/{result.Value!.Endpoint.Id}", NewWebhookResponse.Of(result.Value));

    private static async Task<Results<Ok<WebhookEndpoint>, Problem>> GetAsync(Guid id, IClusterClient cluster) =>
        (await Endpoint(cluster, id).GetAsync()).Ok();

    private static async Task<Results<NoContent, Problem>> DeleteAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        (await Endpoint(cluster, id).DeleteAsync(context.Actor())).NoContent();

    private static async Task<Results<Ok<WebhookEndpoint>, Problem>> EnableAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        (await Endpoint(cluster, id).EnableAsync(context.Actor())).Ok();

    private static async Task<Results<Accepted<WebhookPosting>, Problem>> TestAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        Posting(id, await Endpoint(cluster, id).TestAsync(context.OperationId(), context.Actor()));

    private static async Task<Results<Accepted<WebhookPosting>, Problem>> ResendAsync(
        Guid id, ResendWebhookRequest body, HttpContext context, IClusterClient cluster) =>
        Posting(id, await Endpoint(cluster, id).ResendAsync(body.EventId!, context.OperationId(), context.Actor()));

    private static async Task<Results<Ok<Page<WebhookDelivery>>, Problem>> ListDeliveriesAsync(
        Guid id, IClusterClient cluster, [TextLength(MaxEventId), Line] string? eventId, bool? succeeded, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await cluster.GetGrain<IWebhookDeliveriesGrain>(WorkerKeys.Next())
            .ListAsync(new WebhookDeliveryQuery(id, eventId, succeeded), new PageRequest(limit, cursor))).Ok();

    /// <summary>Returns 202 with where the attempts of the event are listed.</summary>
    private static Results<Accepted<WebhookPosting>, Problem> Posting(Guid id, Result<WebhookPosting> result) => result.IsError
        ? new Problem(result.Error)
        : TypedResults.Accepted(
            $"/api/v1/admin/webhooks/{id}/deliveries?eventId={Uri.EscapeDataString(result.Value.EventId)}", result.Value);

    private static IWebhookEndpointGrain Endpoint(IClusterClient cluster, Guid id) => cluster.GetGrain<IWebhookEndpointGrain>(id);
}

/// <summary>A new webhook endpoint and the event types that are sent to it.</summary>
public sealed record WebhookRequest(
    [property: RequiredField, TextLength(500, MinimumLength = 1), Line] string? Url,
    [property: RequiredField, MaxItems(50)] string[]? EventTypes);

/// <summary>An event to post again.</summary>
public sealed record ResendWebhookRequest(
    [property: RequiredField, TextLength(AdminWebhooksApi.MaxEventId, MinimumLength = 1), Line] string? EventId);

/// <summary>A new endpoint with the secret that signs its posts.</summary>
internal sealed record NewWebhookResponse(
    Guid Id, string Url, ImmutableArray<string> EventTypes, bool Enabled, DateTimeOffset CreatedAt, string Secret)
{
    public static NewWebhookResponse Of(NewWebhookEndpoint created) => new(
        created.Endpoint.Id, created.Endpoint.Url, created.Endpoint.EventTypes, created.Endpoint.Enabled, created.Endpoint.CreatedAt,
        created.Secret);
}
