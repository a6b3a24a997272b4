using Orleans.Concurrency;
using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>A webhook endpoint as the shop's own handlers use it: with its secret, and with the outcome of posts.</summary>
[Alias("soonshop.webhook-target-grain")]
internal interface IWebhookTargetGrain : IGrainWithGuidKey
{
    /// <summary>Returns where and how to post; null when the endpoint was removed.</summary>
    [Alias("target"), AlwaysInterleave]
    Task<WebhookTarget?> GetTargetAsync();

    /// <summary>Schedules an event to be posted to the endpoint. Idempotent by event, for the endpoint's latest events.</summary>
    [Alias("send")]
    Task SendAsync(CloudEvent e);

    /// <summary>Records a failed post. After too many failures in a row over a long enough time, the endpoint is disabled.</summary>
    [Alias("failed")]
    Task FailedAsync(string reason);

    /// <summary>Records a successful post.</summary>
    [Alias("succeeded")]
    Task SucceededAsync();
}

/// <summary>What is needed to post to an endpoint.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.webhook-target")]
internal sealed record WebhookTarget(string Url, string Secret, bool Enabled, int ConsecutiveFailures);
