using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>
/// Posts events to webhook endpoints. Keyed by endpoint and customer, so that one customer's events arrive in order and do not wait for
/// another customer's. Failed posts are retried for some hours.
/// </summary>
[GrainType("webhook"), ImplicitStreamSubscription(WebhookDue.StreamNamespace)]
[Retry(Immediate = 0, Backoff = Backoff.Exponential, Retries = 16, FirstSeconds = 2, Factor = 2, MaxSeconds = 3600, Jitter = 0.2)]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class WebhookGrain(IWebhookSender sender, IWebhookDeliveryLog deliveries) : EventHandlerGrain, IHandle<WebhookDue>
{
    async Task IHandle<WebhookDue>.HandleAsync(WebhookDue e, EventContext context)
    {
        var endpoint = GrainFactory.GetGrain<IWebhookTargetGrain>(e.EndpointId);
        if (await endpoint.GetTargetAsync() is not { } target)
            return;
        if (!target.Enabled)
            throw new HandlingException(
                ErrorClass.Permanent, $"The webhook endpoint {e.EndpointId} is disabled after failures. Fix it, enable it, then replay.");
        var payload = e.Event;
        if (e.IsStored)
        {
            // An event that was removed meanwhile, after its retention, is not posted any more.
            if (await deliveries.FindEventAsync(payload.Id, context.Cancellation) is not { } stored)
                return;
            payload = WebhookEvents.Of(stored);
        }
        try
        {
            await sender.PostAsync(e.EndpointId, target.Url, target.Secret, payload, context.Attempt, context.Cancellation);
        }
        catch (Exception failure)
        {
            await endpoint.FailedAsync(failure.Message);
            throw;
        }
        if (target.ConsecutiveFailures > 0)
            await endpoint.SucceededAsync();
    }
}
