using Orleans.Concurrency;

namespace SoonShop.Notifications;

/// <summary>
/// A webhook endpoint, to which events are posted. Keyed by its id. The gateway checks the caller's role; <c>actor</c> is recorded in the
/// audit log with the change.
/// </summary>
[Alias("soonshop.webhook-endpoint")]
public interface IWebhookEndpointGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Creates the endpoint. Idempotent: a repeated call returns the same result. Errors: <c>validation-failed</c>, <c>conflict</c> when
    /// there are too many.
    /// </summary>
    [Alias("create"), Repeatable]
    Task<Result<NewWebhookEndpoint>> CreateAsync(string url, ImmutableArray<string> eventTypes, string actor);

    /// <summary>Returns the endpoint. Error: <c>not-found</c>.</summary>
    [Alias("get"), AlwaysInterleave]
    Task<Result<WebhookEndpoint>> GetAsync();

    /// <summary>Removes the endpoint; pending posts to it are dropped. Error: <c>not-found</c>.</summary>
    [Alias("delete")]
    Task<Result<Done>> DeleteAsync(string actor);

    /// <summary>Enables the endpoint again after too many failures. Idempotent. Error: <c>not-found</c>.</summary>
    [Alias("enable"), Repeatable]
    Task<Result<WebhookEndpoint>> EnableAsync(string actor);

    /// <summary>
    /// Posts an event again, as it is stored now. Idempotent by operation. Errors: <c>not-found</c> for an event that is no longer stored
    /// or that this endpoint does not receive, <c>conflict</c> while the endpoint is disabled.
    /// </summary>
    [Alias("resend"), Repeatable]
    Task<Result<WebhookPosting>> ResendAsync(string eventId, Guid operation, string actor);

    /// <summary>
    /// Posts an event of the type <c>webhook.test</c>. Idempotent by operation. Errors: <c>not-found</c>, <c>conflict</c> while the
    /// endpoint is disabled.
    /// </summary>
    [Alias("test"), Repeatable]
    Task<Result<WebhookPosting>> TestAsync(Guid operation, string actor);
}

/// <summary>Lists webhook endpoints. Any key addresses it.</summary>
[Alias("soonshop.webhook-list")]
public interface IWebhookListGrain : IGrainWithIntegerKey
{
    /// <summary>Returns all endpoints, oldest first.</summary>
    [Alias("list")]
    Task<ImmutableArray<WebhookEndpoint>> ListAsync();
}

/// <summary>A webhook endpoint as administrators see it.</summary>
/// <param name="Id">The id.</param>
/// <param name="Url">The URL that events are posted to.</param>
/// <param name="EventTypes">The event types that it wants: a type or, with a final <c>*</c>, a prefix.</param>
/// <param name="Enabled">False after too many failures, until it is enabled again.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="ConsecutiveFailures">The failed posts since the last successful one.</param>
/// <param name="LastError">The error of the last failed post.</param>
/// <param name="DisabledAt">When it was disabled.</param>
[GenerateSerializer, Immutable, Alias("soonshop.webhook-endpoint-view")]
public sealed record WebhookEndpoint(
    Guid Id, string Url, ImmutableArray<string> EventTypes, bool Enabled, DateTimeOffset CreatedAt,
    int ConsecutiveFailures, string? LastError, DateTimeOffset? DisabledAt)
{
    /// <summary>True when it wants events of this type.</summary>
    public bool Wants(string eventType)
    {
        foreach (var pattern in EventTypes)
        {
            if (pattern.EndsWith('*')
                ? eventType.StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)
                : eventType == pattern)
                return true;
        }
        return false;
    }
}

/// <summary>A new endpoint with the secret that signs its posts. The secret is shown only once.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.new-webhook-endpoint")]
public sealed record NewWebhookEndpoint(WebhookEndpoint Endpoint, string Secret);
