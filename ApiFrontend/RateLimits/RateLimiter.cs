using SoonShop.ApiFrontend.Cluster;
using SoonShop.RateLimits;

namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>Applies rate limits: in this process or in the cluster, by class.</summary>
internal sealed class RateLimiter(RateLimitsOptions options, LocalLimits local, IClusterClient cluster, GatewayMetrics metrics)
{
    private static readonly string[] Names = [.. Enum.GetNames<RateClass>().Select(n => n.ToLowerInvariant())];

    private readonly string[] policies =
        [.. Enum.GetValues<RateClass>().Select(c => RateLimitHeaders.PolicyOf(Names[(int)c], options.Of(c)))];

    /// <summary>
    /// Counts one request. Returns the error, or null when it is granted. Throws when a strict class cannot be counted because the cluster
    /// is unreachable: its routes need the cluster, too, and must not be unlimited meanwhile.
    /// </summary>
    public ValueTask<Error?> TakeAsync(HttpContext context, RateClass rateClass, string subject) =>
        !options.Enabled ? ValueTask.FromResult<Error?>(null)
        : RateLimitsOptions.IsCountedInCluster(rateClass) ? TakeInClusterAsync(context, rateClass, subject)
        : ValueTask.FromResult(AddHeaders(context, rateClass, local.Take(rateClass, subject)));

    private async ValueTask<Error?> TakeInClusterAsync(HttpContext context, RateClass rateClass, string subject)
    {
        var limit = options.Of(rateClass);
        return AddHeaders(context, rateClass, await cluster.GetGrain<IRateLimitGrain>(RateLimitKeys.Of(Names[(int)rateClass], subject))
            .TakeAsync(new RateLimit(limit.Requests, limit.Window)));
    }

    private Error? AddHeaders(HttpContext context, RateClass rateClass, RateLimitResult result)
    {
        var name = Names[(int)rateClass];
        RateLimitHeaders.Add(context, name, policies[(int)rateClass], result);
        if (result.Granted)
            return null;
        metrics.RateLimited(name);
        return Error.Of(
            ErrorCode.RateLimited, "error.too-many",
            $"Too many requests ({name}). Retry after the seconds in Retry-After.").WithRetryAfter(result.More);
    }
}
