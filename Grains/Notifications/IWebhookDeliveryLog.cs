using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>The port to the log of attempts to post events to webhook endpoints.</summary>
public interface IWebhookDeliveryLog
{
    /// <inheritdoc cref="IWebhookDeliveriesGrain.ListAsync"/>
    Task<Result<Page<WebhookDelivery>>> ListAsync(WebhookDeliveryQuery query, PageRequest page, CancellationToken cancellation);

    /// <summary>Returns an event as it is stored now, without personal data that was erased; null when it is not stored any more.</summary>
    Task<CloudEvent?> FindEventAsync(string eventId, CancellationToken cancellation);
}

internal sealed class WebhookDeliveriesGrain(IWebhookDeliveryLog deliveries) : Grain, IWebhookDeliveriesGrain
{
    async Task<Result<Page<WebhookDelivery>>> IWebhookDeliveriesGrain.ListAsync(
        WebhookDeliveryQuery query, PageRequest page, CancellationToken cancellation)
    {
        var found = await deliveries.ListAsync(query, page, cancellation);
        if (found.IsError)
            return found;
        var endpoint = await GrainFactory.GetGrain<IWebhookEndpointGrain>(query.EndpointId).GetAsync();
        return endpoint.IsError ? endpoint.Error : found;
    }
}
