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
        "order.shipped", "order.delivered", "order.refunded",
        "payment.captured", "payment.failed", "payment.action-required", "payment.refunded",
        "payment.authorized", "payment.disputed", "payment.dispute-closed", "payment.refund-failed",
        "user.registered", "user.email-changed",
        "inventory.low-stock", "inventory.out-of-stock", "inventory.back-in-stock",
        "pricing.rules-changed",
    ];

    /// <summary>True for an event that endpoints may receive.</summary>
    public static bool MayLeave(string type) => All.Contains(type);

    /// <summary>Converts an event to its public format.</summary>
    public static WebhookPayload Of(CloudEvent e)
    {
        var reader = new Utf8JsonReader(e.Data);
        return new WebhookPayload(
            e.Id, e.Source, e.Type, e.Subject, e.Time, e.Sequence, e.CorrelationId, e.TraceParent, JsonElement.ParseValue(ref reader));
    }
}
