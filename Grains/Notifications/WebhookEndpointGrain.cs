using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Events;

namespace SoonShop.Notifications;

internal sealed partial class WebhookEndpointGrain(
    [PersistentState("webhook")] IPersistentState<StateEnvelope<WebhookState>> storage, TimeProvider time,
    IWebhookSender sender, IWebhookEndpoints endpoints, IWebhookDeliveryLog deliveries, IOptions<NotificationsOptions> options,
    ILogger<WebhookEndpointGrain> log)
    : AggregateGrain<WebhookState>(storage, time), IWebhookEndpointGrain, IWebhookTargetGrain
{
    private const string Resend = "resend";
    private const string Test = "test";

    protected override string Aggregate => "webhook-endpoint";

    protected override string StreamKeyOf(WebhookState state) => GrainKey;

    /// <summary>Null once it is removed, so that no query finds it.</summary>
    protected override object? IndexOf(WebhookState state) => state.Deleted ? null : new WebhookIndex(SortableTime.Of(state.CreatedAt));

    private WebhookState? Endpoint => State is { Deleted: false } endpoint ? endpoint : null;

    async Task<Result<NewWebhookEndpoint>> IWebhookEndpointGrain.CreateAsync(string url, ImmutableArray<string> eventTypes, string actor)
    {
        if (State is null)
        {
            var decision = WebhookState.Create(this.GetPrimaryKey(), url, eventTypes, sender.ProblemWith(url), Now);
            if (decision.Error is { } error)
                return error;
            if ((await endpoints.ListAsync(CancellationToken.None)).Length >= WebhookState.MaxEndpoints)
                return Error.Of(
                    ErrorCode.Conflict, "error.endpoints", $"There are already {WebhookState.MaxEndpoints} endpoints. Remove one first.");
            await CommitAsync(decision, Note(actor, "create", null, decision.State));
        }
        // Also for an existing endpoint, because its creator may not have received the response.
        await endpoints.AreKnownAsync();
        return Endpoint is { } endpoint ? new NewWebhookEndpoint(endpoint.ToView(), endpoint.Secret) : NoEndpoint;
    }

    Task<Result<WebhookEndpoint>> IWebhookEndpointGrain.GetAsync() =>
        Task.FromResult<Result<WebhookEndpoint>>(Endpoint is { } endpoint ? endpoint.ToView() : NoEndpoint);

    async Task<Result<Done>> IWebhookEndpointGrain.DeleteAsync(string actor)
    {
        if (Endpoint is not { } endpoint)
            return NoEndpoint;
        await CommitAsync(endpoint with { Deleted = true }, [Note(actor, "delete", endpoint, null)]);
        return default(Done);
    }

    async Task<Result<WebhookEndpoint>> IWebhookEndpointGrain.EnableAsync(string actor)
    {
        if (Endpoint is not { } endpoint)
            return NoEndpoint;
        var decision = endpoint.Enable();
        await CommitAsync(decision, Note(actor, "enable", endpoint, decision.State));
        await endpoints.AreKnownAsync();
        return Endpoint!.ToView();
    }

    async Task<Result<WebhookPosting>> IWebhookEndpointGrain.ResendAsync(string eventId, Guid operation, string actor)
    {
        if (Endpoint is not { } endpoint)
            return NoEndpoint;
        if (IsScheduled(endpoint, Resend, operation))
            return new WebhookPosting(eventId);
        var stored = await deliveries.FindEventAsync(eventId, CancellationToken.None);
        if (stored is null || !WebhookEvents.MayLeave(stored.Type) || !endpoint.ToView().Wants(stored.Type))
            return Error.NotFound(
                "not-found.webhook-event", $"The event {eventId} is no longer stored, or this endpoint does not receive its type.");
        var due = new WebhookDue(endpoint.Id, stored.StreamKey, WebhookEvents.NameOf(stored)) { IsStored = true };
        return await ScheduleAsync(endpoint, due, Resend, operation, actor);
    }

    async Task<Result<WebhookPosting>> IWebhookEndpointGrain.TestAsync(Guid operation, string actor)
    {
        if (Endpoint is not { } endpoint)
            return NoEndpoint;
        var due = new WebhookDue(endpoint.Id, GrainKey, WebhookEvents.Test(endpoint.Id, operation, Now));
        return IsScheduled(endpoint, Test, operation)
            ? new WebhookPosting(due.Event.Id)
            : await ScheduleAsync(endpoint, due, Test, operation, actor);
    }

    Task<WebhookTarget?> IWebhookTargetGrain.GetTargetAsync() =>
        Task.FromResult(Endpoint is { } e ? new WebhookTarget(e.Url, e.Secret, e.DisabledAt is null, e.Failures) : null);

    async Task IWebhookTargetGrain.SendAsync(CloudEvent e)
    {
        if (Endpoint is { DisabledAt: null } endpoint && !endpoint.Sent.Contains(e.Id))
        {
            await CommitAsync(
                endpoint.With(e.Id),
                [new WebhookDue(endpoint.Id, e.StreamKey, WebhookEvents.Of(e))]);
        }
    }

    async Task IWebhookTargetGrain.FailedAsync(string reason)
    {
        if (Endpoint is not { } endpoint)
            return;
        await CommitAsync(endpoint.Fail(reason, options.Value.Webhooks, Now));
        if (endpoint.DisabledAt is null && Endpoint?.DisabledAt is not null)
        {
            // Logs only the host: for some receivers the path is a secret.
            LogDisabled(log, endpoint.Id, new Uri(endpoint.Url).Host, Endpoint.Failures, reason);
        }
    }

    async Task IWebhookTargetGrain.SucceededAsync()
    {
        if (Endpoint is { } endpoint)
            await CommitAsync(endpoint.Succeed());
    }

    /// <summary>Schedules a post that an administrator asks for.</summary>
    private async Task<Result<WebhookPosting>> ScheduleAsync(
        WebhookState endpoint, WebhookDue due, string change, Guid operation, string actor)
    {
        if (endpoint.DisabledAt is not null)
            return Error.Of(ErrorCode.Conflict, "error.webhook-disabled", "The endpoint is disabled after failures. Enable it first.");
        var audit = new AuditEvent($"webhooks.{change}", endpoint.Id.ToString()) { Actor = actor, After = new { EventId = due.Event.Id } };
        await CommitAsync(endpoint.With(MarkOf(change, operation)), [due, Audit(audit)]);
        return new WebhookPosting(due.Event.Id);
    }

    /// <summary>True for a repeated request.</summary>
    private static bool IsScheduled(WebhookState endpoint, string change, Guid operation) =>
        endpoint.Sent.Contains(MarkOf(change, operation));

    private static string MarkOf(string change, Guid operation) => $"{change}/{operation:N}";

    private AuditRecorded Note(string actor, string change, WebhookState? before, WebhookState? after) =>
        Audit(new AuditEvent($"webhooks.{change}", this.GetPrimaryKey().ToString())
        {
            Actor = actor,
            Before = Facts(before),
            After = Facts(after),
        });

    /// <summary>Returns the fields for the audit log, without the secret.</summary>
    private static object? Facts(WebhookState? e) => e is null ? null : new { e.Url, e.EventTypes, Enabled = e.DisabledAt is null };

    private static Error NoEndpoint { get; } = Error.NotFound("not-found.webhook-endpoint", "The webhook endpoint was not found.");

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Webhook endpoint {EndpointId} at {Host} is disabled after {Failures} failures in a row, the last: {Reason} "
            + "Fix it, POST /admin/webhooks/{EndpointId}/enable, and replay its dead letters (handler webhook).")]
    private static partial void LogDisabled(ILogger log, Guid endpointId, string host, int failures, string reason);
}

internal sealed class WebhookListGrain(IWebhookEndpoints endpoints) : Grain, IWebhookListGrain
{
    Task<ImmutableArray<WebhookEndpoint>> IWebhookListGrain.ListAsync() => endpoints.ListAsync(CancellationToken.None);
}
