using Orleans.Concurrency;
using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>A webhook endpoint as the shop itself needs it: with its secret, and told how posting goes.</summary>
[Alias("soonshop.webhook-target-grain")]
internal interface IWebhookTargetGrain : IGrainWithGuidKey
{
    /// <summary>Where and how to post; null when the endpoint was removed.</summary>
    [Alias("target"), AlwaysInterleave]
    Task<WebhookTarget?> GetTargetAsync();

    /// <summary>Posts an event there, as soon as may be. Idempotent by event for the endpoint's last events.</summary>
    [Alias("send")]
    Task SendAsync(CloudEvent e);

    /// <summary>A post failed. After too many in a row, for long enough, the endpoint is switched off.</summary>
    [Alias("failed")]
    Task FailedAsync(string reason);

    /// <summary>A post arrived.</summary>
    [Alias("succeeded")]
    Task SucceededAsync();
}

/// <summary>What posting to an endpoint takes.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.webhook-target")]
internal sealed record WebhookTarget(string Url, string Secret, bool Enabled, int ConsecutiveFailures);
