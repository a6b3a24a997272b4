namespace SoonShop.Client.Sending;

/// <summary>
/// Gives each POST an Idempotency-Key, unless the caller gave one. It stands before the retries, so that all tries of a call share it.
/// </summary>
internal sealed class IdempotencyKeyHandler : DelegatingHandler
{
    public const string Header = "Idempotency-Key";

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Post && request.IdempotencyKey() is null)
            request.Headers.TryAddWithoutValidation(Header, Guid.NewGuid().ToString());
        return base.SendAsync(request, cancellationToken);
    }
}
