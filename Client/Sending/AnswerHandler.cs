namespace SoonShop.Client.Sending;

/// <summary>Reads an answer to its end. It stands behind the retries, so that an answer that breaks off is asked for again.</summary>
internal sealed class AnswerHandler(SoonShopClientOptions options) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Options.TryGetValue(CallOptions.Tries, out var tries);
        request.Options.Set(CallOptions.Tries, tries + 1);
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode && request.Options.TryGetValue(CallOptions.Streamed, out var streamed) && streamed)
            return response;
        try
        {
            await response.Content.LoadIntoBufferAsync(options.MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
