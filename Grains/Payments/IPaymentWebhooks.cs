namespace SoonShop.Payments;

/// <summary>The port to what the provider posts. There is none where the provider posts nothing.</summary>
public interface IPaymentWebhooks
{
    /// <summary>Checks that it is the provider's, and not an old one sent again, and reads what it tells.</summary>
    /// <param name="body">The body, byte by byte as it came.</param>
    /// <param name="signature">The header with its signature; empty when there was none.</param>
    WebhookReading Read(ReadOnlyMemory<byte> body, string signature);
}

/// <summary>What was found in a post.</summary>
/// <param name="News">What it tells; null when that is nothing that the shop goes by.</param>
/// <param name="Refusal">Why it is not taken: forged, too old, or malformed.</param>
public sealed record WebhookReading(PaymentNews? News, Refusal? Refusal);
