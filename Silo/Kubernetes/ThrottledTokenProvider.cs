using System.Net.Http.Headers;
using System.Threading.RateLimiting;
using k8s.Authentication;

namespace SoonShop.Silo.Kubernetes;

/// <summary>
/// Limits the rate of requests to the Kubernetes API server. After a 403, Orleans' agent retries at once and without limit. Every request
/// gets its token first, so this class can make it wait.
/// </summary>
/// <param name="tokens">Provides the tokens; null when requests need none.</param>
internal sealed class ThrottledTokenProvider(ITokenProvider? tokens) : ITokenProvider
{
    /// <summary>The limit. A start takes three requests; after a watch ends, another one follows five seconds later.</summary>
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
        // Null makes the client send no header, although the return type is not nullable.
        return tokens is null ? null! : await tokens.GetAuthenticationHeaderAsync(cancellationToken);
    }
}
