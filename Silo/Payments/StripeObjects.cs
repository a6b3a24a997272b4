using SoonShop.Payments;
using Stripe;

namespace SoonShop.Silo.Payments;

/// <summary>Stripe's objects as the shop sees them. Pure.</summary>
internal static class StripeObjects
{
    /// <summary>Metadata: our idempotency key, by which a payment or refund is found when its answer is lost.</summary>
    public const string KeyField = "soonshop_key";

    /// <summary>Metadata: set on what was made only to use a key up.</summary>
    public const string VoidedField = "soonshop_withdrawn";

    /// <summary>Metadata: the order.</summary>
    public const string OrderField = "order_id";

    /// <summary>Metadata: the customer.</summary>
    public const string CustomerField = "customer_id";

    /// <summary>A payment without its refunds and dispute.</summary>
    public static ProviderPayment Payment(PaymentIntent intent) => new(
        intent.Id, StatusOf(intent.Status), intent.Status == "requires_action" ? intent.ClientSecret : null,
        intent.Status == "requires_payment_method" ? intent.LastPaymentError is { } e ? e.DeclineCode ?? e.Code ?? "generic_decline" : null : null)
    {
        Captured = intent.Status == "succeeded" ? StripeAmount.ToMinor(intent.AmountReceived, intent.Currency) : null,
    };

    /// <summary>True for what was made only to use a key up.</summary>
    public static bool IsVoid(PaymentIntent intent) => intent.Metadata?.ContainsKey(VoidedField) == true;

    /// <summary>
    /// True for what Stripe shows as a refund after a partial capture: the rest, which was let go and never taken. No money moved with it.
    /// </summary>
    public static bool IsRelease(Stripe.Refund refund, PaymentIntent intent) =>
        refund.BalanceTransactionId is null && KeyOf(refund.Metadata) is null && refund.Status == "succeeded" && refund.Amount == intent.Amount - intent.AmountReceived;

    /// <summary>A refund.</summary>
    public static ProviderRefund Refund(Stripe.Refund refund) => new(
        refund.Id,
        refund.Status switch
        {
            "succeeded" => ProviderRefundStatus.Succeeded,
            "failed" or "canceled" => ProviderRefundStatus.Failed,
            // pending, requires_action
            _ => ProviderRefundStatus.Pending,
        },
        StripeAmount.ToMinor(refund.Amount, refund.Currency), refund.FailureReason, KeyOf(refund.Metadata));

    /// <summary>A dispute. An inquiry is one that is open, or that was won when the bank drops it.</summary>
    public static ProviderDispute Dispute(Stripe.Dispute dispute) => new(
        dispute.Id,
        dispute.Status switch
        {
            "won" or "warning_closed" or "prevented" => DisputeStatus.Won,
            "lost" => DisputeStatus.Lost,
            _ => DisputeStatus.Open,
        },
        StripeAmount.ToMinor(dispute.Amount, dispute.Currency), dispute.Reason ?? "general");

    /// <summary>The order that a payment is for: others may note orders in their payments too, but not with our key.</summary>
    public static Guid? OrderOf(string? order, string? key) =>
        Guid.TryParse(order, out var id) && key?.StartsWith($"{id:N}/", StringComparison.Ordinal) == true ? id : null;

    /// <summary>Our key of an object.</summary>
    public static string? KeyOf(IReadOnlyDictionary<string, string>? metadata) => metadata?.GetValueOrDefault(KeyField);

    private static ProviderPaymentStatus StatusOf(string status) => status switch
    {
        "succeeded" => ProviderPaymentStatus.Captured,
        "requires_capture" => ProviderPaymentStatus.Authorized,
        "processing" => ProviderPaymentStatus.Processing,
        "requires_action" or "requires_confirmation" => ProviderPaymentStatus.RequiresAction,
        "requires_payment_method" => ProviderPaymentStatus.Declined,
        "canceled" => ProviderPaymentStatus.Cancelled,
        _ => throw new UnavailableException($"Stripe tells of a payment that is '{status}', which is not known here."),
    };
}
