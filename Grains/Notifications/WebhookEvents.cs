using System.Text.Json;
using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>Tells which events leave the shop, and their public format.</summary>
public static class WebhookEvents
{
    /// <summary>The types that endpoints can request. Types with tokens are not among them.</summary>
    public static readonly ImmutableArray<string> All =
    [
        "order.placed", "order.awaiting-payment", "order.confirmed", "order.rejected", "order.expired", "order.cancelled",
        "order.partially-shipped", "order.shipped", "order.shipment-corrected", "order.partially-delivered", "order.delivered",
        "order.units-cancelled", "order.refunded", "order.updated",
        "return.requested", "return.approved", "return.refused", "return.received", "return.refunded", "return.cancelled",
        "payment.captured", "payment.failed", "payment.action-required", "payment.refunded",
        "payment.authorized", "payment.disputed", "payment.dispute-closed", "payment.refund-failed",
        "user.registered", "user.email-changed",
        "inventory.low-stock", "inventory.out-of-stock", "inventory.back-in-stock",
        "pricing.rules-changed",
    ];

    /// <summary>True for an event that endpoints may receive.</summary>
    public static bool MayLeave(string type) => All.Contains(type);

    /// <summary>Creates the event by which an administrator tests an endpoint. Its type is not among <see cref="All"/>.</summary>
    /// <param name="endpointId">The endpoint.</param>
    /// <param name="operation">The request; the event's id follows from it.</param>
    /// <param name="now">The time.</param>
    public static WebhookPayload Test(Guid endpointId, Guid operation, DateTimeOffset now) => new(
        $"/webhook-endpoint/{endpointId:N}#test-{operation:N}", $"/webhook-endpoint/{endpointId:N}", "webhook.test", endpointId.ToString(),
        now, 0, null, null, JsonSerializer.SerializeToElement(new { endpointId }, JsonSerializerOptions.Web));

    /// <summary>Names an event that is read when it is posted: its public format without data.</summary>
    public static WebhookPayload NameOf(CloudEvent e) => Of(e) with { Data = JsonSerializer.SerializeToElement(new { }) };

    /// <summary>Converts an event to its public format.</summary>
    public static WebhookPayload Of(CloudEvent e)
    {
        var reader = new Utf8JsonReader(e.Data);
        return new WebhookPayload(
            e.Id, e.Source, e.Type, e.Subject, e.Time, e.Sequence, e.CorrelationId, e.TraceParent, JsonElement.ParseValue(ref reader));
    }
}
