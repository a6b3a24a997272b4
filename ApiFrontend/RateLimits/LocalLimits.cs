using System.Threading.RateLimiting;
using SoonShop.RateLimits;

namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>
/// The generous limits, counted by this process alone: a token bucket for each subject, without a call to the cluster.
/// Subjects are spread over a fixed number of buckets by a hash that nobody outside can foresee. So memory is bounded however many
/// addresses an attacker has; the price is that two subjects in some ten thousand share a budget.
/// </summary>
internal sealed class LocalLimits(RateLimitsOptions options) : IDisposable
{
    private const int Buckets = 32_768;

    private readonly PartitionedRateLimiter<int>?[] limiters = [.. Enum.GetValues<RateClass>()
        .Select(c => RateLimitsOptions.IsCountedInCluster(c) ? null : Limiter(options.Of(c)))];

    /// <summary>Asks for one request of a class.</summary>
    public RateLimitResult Take(RateClass rateClass, string subject)
    {
        var limiter = limiters[(int)rateClass]!;
        // Strings hash differently in each process, by a random seed.
        var bucket = (int)((uint)subject.GetHashCode(StringComparison.Ordinal) % Buckets);
        using var lease = limiter.AttemptAcquire(bucket);
        var remaining = (int)(limiter.GetStatistics(bucket)?.CurrentAvailablePermits ?? 0);
        return lease.IsAcquired
            ? new RateLimitResult(true, remaining, PeriodOf(options.Of(rateClass)))
            : new RateLimitResult(false, 0,
                lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : options.Of(rateClass).Window);
    }

    public void Dispose()
    {
        foreach (var limiter in limiters)
            limiter?.Dispose();
    }

    private static PartitionedRateLimiter<int> Limiter(ClassLimit limit)
    {
        var options = new TokenBucketRateLimiterOptions
        {
            TokenLimit = limit.Requests,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = PeriodOf(limit),
            QueueLimit = 0,
            // The partitions are replenished together, by one timer.
            AutoReplenishment = false,
        };
        // The same for all: each request asks for a partition.
        Func<int, System.Threading.RateLimiting.RateLimiter> make = _ => new TokenBucketRateLimiter(options);
        return PartitionedRateLimiter.Create<int, int>(bucket => RateLimitPartition.Get(bucket, make));
    }

    /// <summary>The time in which one more request becomes available.</summary>
    private static TimeSpan PeriodOf(ClassLimit limit) => limit.Window / limit.Requests;
}
