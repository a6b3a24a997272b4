namespace SoonShop.Payments;

/// <summary>Parses the provider's webhooks. Not registered for a provider that sends none.</summary>
public interface IPaymentWebhooks
{
    /// <summary>Verifies the signature and its age, and parses the body.</summary>
    /// <param name="body">The body, exactly as received.</param>
    /// <param name="signature">The signature header; empty when it is missing.</param>
    WebhookReading Read(ReadOnlyMemory<byte> body, string signature);
}

/// <summary>The result of parsing a webhook.</summary>
/// <param name="News">The update; null for an event type that the shop ignores.</param>
/// <param name="Refusal">Why the webhook is rejected: bad signature, too old, or malformed.</param>
public sealed record WebhookReading(PaymentNews? News, Refusal? Refusal);
