namespace SoonShop.Payments;

/// <summary>Accepts the payment provider's webhooks. Any key addresses it; different keys run in parallel.</summary>
[Alias("soonshop.payment-webhook")]
public interface IPaymentWebhookGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Verifies the signature and commits the update, which is handled afterwards. Known and irrelevant updates are accepted as well.
    /// Errors: <c>not-found</c> when the provider is not in use or sends no webhooks, <c>validation-failed</c> when the webhook is forged,
    /// too old or malformed. Throws <see cref="UnavailableException"/> when it cannot be committed; the provider then sends it again.
    /// </summary>
    [Alias("receive"), Repeatable]
    Task<Result<Done>> ReceiveAsync(ProviderWebhook webhook);

    /// <summary>Accepts a webhook of Stripe. Front ends of the last version call it; kept for one release.</summary>
    /// <param name="body">The body, exactly as received.</param>
    /// <param name="signature">The signature header; empty when it is missing.</param>
    [Alias("accept"), Repeatable]
    Task<Result<Done>> AcceptAsync(byte[] body, string signature);
}
