using SoonShop.Payments;
using Stripe;

namespace SoonShop.Silo.Payments;

/// <summary>Converts Stripe's objects to the shop's. Pure.</summary>
internal static class StripeObjects
{
    /// <summary>Metadata: our idempotency key, by which a payment or refund is found when its response is lost.</summary>
    public const string KeyField = "soonshop_key";

    /// <summary>Metadata: marks a payment that was created only to use up a key.</summary>
    public const string VoidedField = "soonshop_withdrawn";

    /// <summary>Metadata: the order.</summary>
    public const string OrderField = "order_id";

    /// <summary>Metadata: the customer.</summary>
    public const string CustomerField = "customer_id";

    /// <summary>Converts a payment, without its refunds and dispute.</summary>
    public static ProviderPayment Payment(PaymentIntent intent) => new(
        intent.Id, StatusOf(intent.Status), intent.Status == "requires_action" ? intent.ClientSecret : null,
        intent.Status == "requires_payment_method"
            ? intent.LastPaymentError is { } e ? e.DeclineCode ?? e.Code ?? "generic_decline" : null
            : null)
    {
        Captured = intent.Status == "succeeded" ? StripeAmount.ToMinor(intent.AmountReceived, intent.Currency) : null,
    };

    /// <summary>True for a payment that was created only to use up a key.</summary>
    public static bool IsVoid(PaymentIntent intent) => intent.Metadata?.ContainsKey(VoidedField) == true;

    /// <summary>
    /// True for the refund object that Stripe creates after a partial capture, for the amount that was released and never captured. It
    /// moved no money.
    /// </summary>
    public static bool IsRelease(Stripe.Refund refund, PaymentIntent intent) =>
        refund.BalanceTransactionId is null && KeyOf(refund.Metadata) is null && refund.Status == "succeeded"
        && refund.Amount == intent.Amount - intent.AmountReceived;

    /// <summary>Converts a refund.</summary>
    public static ProviderRefund Refund(Stripe.Refund refund) => new(
        refund.Id,
        refund.Status switch
        {
            "succeeded" => ProviderRefundStatus.Succeeded,
            "failed" or "canceled" => ProviderRefundStatus.Failed,
            // The statuses pending and requires_action.
            _ => ProviderRefundStatus.Pending,
        },
        StripeAmount.ToMinor(refund.Amount, refund.Currency), refund.FailureReason, KeyOf(refund.Metadata));

    /// <summary>Converts a dispute. An inquiry is open, or won when the bank closes it.</summary>
    public static ProviderDispute Dispute(Stripe.Dispute dispute) => new(
        dispute.Id,
        dispute.Status switch
        {
            "won" or "warning_closed" or "prevented" => DisputeStatus.Won,
            "lost" => DisputeStatus.Lost,
            _ => DisputeStatus.Open,
        },
        StripeAmount.ToMinor(dispute.Amount, dispute.Currency), dispute.Reason ?? "general");

    /// <summary>
    /// Returns the order of a payment. Other applications may store order ids in their payments too, but not with our key.
    /// </summary>
    public static Guid? OrderOf(string? order, string? key) =>
        Guid.TryParse(order, out var id) && key?.StartsWith($"{id:N}/", StringComparison.Ordinal) == true ? id : null;

    /// <summary>Returns our key in an object's metadata.</summary>
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
