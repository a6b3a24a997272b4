using SoonShop.ApiFrontend.Cluster;
using SoonShop.RateLimits;

namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>Asks for requests where their class is counted.</summary>
internal sealed class RateLimiter(RateLimitsOptions options, LocalLimits local, IClusterClient cluster, GatewayMetrics metrics)
{
    private static readonly string[] Names = [.. Enum.GetNames<RateClass>().Select(n => n.ToLowerInvariant())];

    /// <summary>
    /// Counts one request; answers why not, or null when it is granted. Throws when a strict class cannot be counted, because the
    /// cluster is out of reach: what such a route does needs the cluster too, and must not be had unlimited meanwhile.
    /// </summary>
    public async ValueTask<Refusal?> TakeAsync(HttpContext context, RateClass rateClass, string subject)
    {
        if (!options.Enabled)
            return null;
        var (name, limit) = (Names[(int)rateClass], options.Of(rateClass));
        var verdict = RateLimitsOptions.IsCountedInCluster(rateClass)
            ? await cluster.GetGrain<IRateLimitGrain>(RateLimitKeys.Of(name, subject)).TakeAsync(new RateLimit(limit.Requests, limit.Window))
            : local.Take(rateClass, subject);
        RateLimitHeaders.Add(context, name, limit, verdict);
        if (verdict.Granted)
            return null;
        metrics.RateLimited(name);
        return new Refusal(RefusalCode.RateLimited, $"Too many requests ({name}). Ask again after the seconds of Retry-After.") { RetryAfter = verdict.More };
    }
}
