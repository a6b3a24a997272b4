using System.Text.Json;
using SoonShop.Payments;

namespace SoonShop.Silo.Payments;

/// <summary>
/// Reads Stripe's webhooks. It takes from an event only what is needed to find the payment and to detect that nothing is new. Other fields,
/// which depend on the version of Stripe's API, do not matter, and personal data is not stored.
/// </summary>
internal sealed class StripeWebhooks(StripeSignature signature, TimeProvider time) : IPaymentWebhooks
{
    private const string SignatureHeader = "Stripe-Signature";

    /// <summary>The longest accepted id, in characters.</summary>
    private const int MaxId = 255;

    public WebhookParseResult Read(ProviderWebhook webhook)
    {
        if (signature.ProblemWith(webhook.Body, webhook.Header(SignatureHeader), time.GetUtcNow()) is { } problem)
            return new(null, Error.Invalid(SignatureHeader, problem));
        try
        {
            using var document = JsonDocument.Parse(webhook.Body);
            return new(Read(document.RootElement), null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return new(null, Error.Invalid("body", "field.stripe-event", "is not a Stripe event"));
        }
    }

    private static PaymentUpdate? Read(JsonElement e)
    {
        var (id, type) = (Id(e.GetProperty("id")), e.GetProperty("type").GetString() ?? throw new FormatException());
        if (type.Length > MaxId)
            throw new FormatException();
        var o = e.GetProperty("data").GetProperty("object");
        PaymentUpdate News(string reference) => new(id, type, reference, OrderOf(o));
        PaymentUpdate Payment(ProviderPaymentStatus status) => News(Id(o.GetProperty("id"))) with { Status = status };
        switch (type)
        {
            case "payment_intent.succeeded":
                return Payment(ProviderPaymentStatus.Captured);
            case "payment_intent.payment_failed":
                return Payment(ProviderPaymentStatus.Declined);
            case "payment_intent.canceled":
                return Payment(ProviderPaymentStatus.Cancelled);
            case "payment_intent.amount_capturable_updated":
                return Payment(ProviderPaymentStatus.Authorized);
            case "payment_intent.processing":
                return Payment(ProviderPaymentStatus.Processing);
            case "payment_intent.requires_action":
                return Payment(ProviderPaymentStatus.RequiresAction);
        }
        // The other events concern an object of a payment. A charge without a PaymentIntent does not belong to the shop.
        if (!o.TryGetProperty("payment_intent", out var payment) || payment.ValueKind == JsonValueKind.Null)
            return null;
        var reference = Id(payment.ValueKind == JsonValueKind.Object ? payment.GetProperty("id") : payment);
        return type switch
        {
            "charge.refunded" => News(reference) with { RefundedInAll = RefundedOf(o) },
            "refund.created" or "refund.updated" or "refund.failed" or "charge.refund.updated" =>
                News(reference) with { Refund = RefundOf(o) },
            "charge.dispute.created" or "charge.dispute.updated" or "charge.dispute.closed" =>
                News(reference) with { Dispute = DisputeOf(o) },
            _ => null,
        };
    }

    private static ProviderRefund RefundOf(JsonElement o) => new(
        Id(o.GetProperty("id")),
        o.GetProperty("status").GetString() switch
        {
            "succeeded" => ProviderRefundStatus.Succeeded,
            "failed" or "canceled" => ProviderRefundStatus.Failed,
            _ => ProviderRefundStatus.Pending,
        },
        Amount(o, "amount"));

    private static ProviderDispute DisputeOf(JsonElement o) => new(
        Id(o.GetProperty("id")),
        o.GetProperty("status").GetString() switch
        {
            "lost" => DisputeStatus.Lost,
            "won" or "warning_closed" or "prevented" => DisputeStatus.Won,
            _ => DisputeStatus.Open,
        },
        Amount(o, "amount"), "");

    /// <summary>
    /// Returns the refunded amount. Stripe counts the uncaptured rest of a partial capture as refunded, although it was never taken.
    /// </summary>
    private static long RefundedOf(JsonElement o) => Amount(o, "amount_refunded")
        - (o.TryGetProperty("amount_captured", out _) ? Amount(o, "amount") - Amount(o, "amount_captured") : 0);

    private static long Amount(JsonElement o, string name) =>
        StripeAmount.ToMinor(o.GetProperty(name).GetInt64(), o.GetProperty("currency").GetString() ?? throw new FormatException());

    /// <summary>Returns the order id in the payment's metadata; null when the shop did not set it.</summary>
    private static Guid? OrderOf(JsonElement o) =>
        o.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
            && metadata.TryGetProperty(StripeObjects.OrderField, out var order)
            && metadata.TryGetProperty(StripeObjects.KeyField, out var key)
            ? StripeObjects.OrderOf(order.GetString(), key.GetString()) : null;

    private static string Id(JsonElement value) =>
        value.GetString() is { Length: > 0 and <= MaxId } id && Text.IsClean(id) ? id : throw new FormatException();
}
