using Orleans.Concurrency;

namespace SoonShop.Notifications;

/// <summary>
/// A webhook endpoint: where events are posted to. Keyed by its id. The caller's role is checked at the gateway; <c>actor</c> goes into the
/// audit log with what was changed.
/// </summary>
[Alias("soonshop.webhook-endpoint")]
public interface IWebhookEndpointGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Creates it. Idempotent: the same again is answered the same. Refused: <c>validation-failed</c>, <c>conflict</c> when there are too many.
    /// </summary>
    [Alias("create"), Repeatable]
    Task<Result<NewWebhookEndpoint>> CreateAsync(string url, ImmutableArray<string> eventTypes, string actor);

    /// <summary>The endpoint. Refused: <c>not-found</c>.</summary>
    [Alias("get"), AlwaysInterleave]
    Task<Result<WebhookEndpoint>> GetAsync();

    /// <summary>Removes it; what is still to be posted there is dropped. Refused: <c>not-found</c>.</summary>
    [Alias("delete")]
    Task<Result<Done>> DeleteAsync(string actor);

    /// <summary>Switches it on again after it failed too often. Idempotent. Refused: <c>not-found</c>.</summary>
    [Alias("enable"), Repeatable]
    Task<Result<WebhookEndpoint>> EnableAsync(string actor);
}

/// <summary>Lists webhook endpoints. Any key.</summary>
[Alias("soonshop.webhook-list")]
public interface IWebhookListGrain : IGrainWithIntegerKey
{
    /// <summary>All of them, oldest first.</summary>
    [Alias("list")]
    Task<ImmutableArray<WebhookEndpoint>> ListAsync();
}

/// <summary>A webhook endpoint as administrators see it.</summary>
/// <param name="Id">The id.</param>
/// <param name="Url">Where events are posted.</param>
/// <param name="EventTypes">Which; a type, or with <c>*</c> at its end all that begin so.</param>
/// <param name="Enabled">False after too many failures, until it is enabled again.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ConsecutiveFailures">Failed posts since the last that arrived.</param>
/// <param name="LastError">Why the last failed one did.</param>
/// <param name="DisabledAt">When it was switched off.</param>
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
            if (pattern.EndsWith('*') ? eventType.StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal) : eventType == pattern)
                return true;
        }
        return false;
    }
}

/// <summary>A new endpoint with the secret that signs what is posted there, which is shown this once.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.new-webhook-endpoint")]
public sealed record NewWebhookEndpoint(WebhookEndpoint Endpoint, string Secret);
