using System.Net.Http.Headers;
using System.Threading.RateLimiting;
using k8s.Authentication;

namespace SoonShop.Silo.Kubernetes;

/// <summary>
/// Keeps requests to Kubernetes' API server apart. Orleans' agent asks again after a 403 at once and without end; every request asks for its
/// token first, so here is where it can be made to wait.
/// </summary>
/// <param name="tokens">Where the tokens come from; none where nobody asks for one.</param>
internal sealed class ThrottledTokenProvider(ITokenProvider? tokens) : ITokenProvider
{
    /// <summary>A start takes three requests, a watch that ended one more, five seconds later.</summary>
    private readonly TokenBucketRateLimiter pace = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = 5,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromMilliseconds(500),
        QueueLimit = 100,
    });

    public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken)
    {
        using var turn = await pace.AcquireAsync(1, cancellationToken);
        if (!turn.IsAcquired)
            throw new InvalidOperationException("Too many requests wait for Kubernetes' API server.");
        // No header at all is what the client sends for null; its signature does not say so.
        return tokens is null ? null! : await tokens.GetAuthenticationHeaderAsync(cancellationToken);
    }
}
