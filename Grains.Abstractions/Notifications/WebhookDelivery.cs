namespace SoonShop.Notifications;

/// <summary>An attempt to post an event to a webhook endpoint.</summary>
/// <param name="Id">The number of the attempt in the log. Later attempts have higher numbers.</param>
/// <param name="EventId">The id of the event, which receivers see as the id of the CloudEvent.</param>
/// <param name="EventType">The type of the event.</param>
/// <param name="At">When the attempt ended.</param>
/// <param name="Attempt">The number of this attempt to deliver the event, from 1.</param>
/// <param name="Succeeded">True when the endpoint answered with 2xx.</param>
/// <param name="StatusCode">The HTTP status of the answer; null when there was none.</param>
/// <param name="DurationMs">How long the attempt took, in milliseconds.</param>
/// <param name="Error">Why it failed; null when it succeeded.</param>
/// <param name="Response">The beginning of the body of an answer that was not 2xx; null when it had none.</param>
[GenerateSerializer, Immutable, Alias("soonshop.webhook-delivery")]
public sealed record WebhookDelivery(
    long Id, string EventId, string EventType, DateTimeOffset At, int Attempt, bool Succeeded, int? StatusCode, int DurationMs,
    string? Error, string? Response);

/// <summary>Which attempts are listed.</summary>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="EventId">The event; null for all.</param>
/// <param name="Succeeded">True for successful attempts only, false for failed ones; null for all.</param>
[GenerateSerializer, Immutable, Alias("soonshop.webhook-delivery-query")]
public sealed record WebhookDeliveryQuery(Guid EndpointId, string? EventId, bool? Succeeded);

/// <summary>Lists attempts to post events to webhook endpoints. Any key addresses it.</summary>
[Alias("soonshop.webhook-deliveries")]
public interface IWebhookDeliveriesGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Lists attempts, the latest first. Errors: <c>not-found</c> for an unknown endpoint, <c>validation-failed</c> for an invalid cursor.
    /// </summary>
    [Alias("list"), Repeatable]
    Task<Result<Page<WebhookDelivery>>> ListAsync(WebhookDeliveryQuery query, PageRequest page, CancellationToken cancellation = default);
}

/// <summary>An event that will be posted to a webhook endpoint.</summary>
/// <param name="EventId">The id of the event.</param>
[GenerateSerializer, Immutable, Alias("soonshop.webhook-posting")]
public sealed record WebhookPosting(string EventId);
