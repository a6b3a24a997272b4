namespace SoonShop.Payments;

/// <summary>Parses the provider's webhooks. Not registered for a provider that sends none.</summary>
public interface IPaymentWebhooks
{
    /// <summary>Verifies the signature and its age, and parses the body.</summary>
    WebhookParseResult Read(ProviderWebhook webhook);
}

/// <summary>The result of parsing a webhook.</summary>
/// <param name="Update">The update; null for an event type that the shop ignores.</param>
/// <param name="Error">Why the webhook is rejected: bad signature, too old, or malformed.</param>
public sealed record WebhookParseResult(PaymentUpdate? Update, Error? Error);
