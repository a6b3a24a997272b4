namespace SoonShop.Payments;

/// <summary>Takes what the payment provider posts. Any key; many run side by side.</summary>
[Alias("soonshop.payment-webhook")]
public interface IPaymentWebhookGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Checks the signature and commits what is told; it is handled afterwards. What is known already, or of no interest, is
    /// taken as well. Refused: <c>not-found</c> when the provider posts nothing, <c>validation-failed</c> when it is forged, too
    /// old or malformed. Throws <see cref="UnavailableException"/> when it cannot be committed: the provider posts it again.
    /// </summary>
    /// <param name="body">The body, byte by byte as it came.</param>
    /// <param name="signature">The signature's header; empty when there was none.</param>
    [Alias("accept"), Repeatable]
    Task<Result<Done>> AcceptAsync(byte[] body, string signature);
}
