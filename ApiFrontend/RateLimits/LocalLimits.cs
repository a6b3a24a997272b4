using System.Threading.RateLimiting;
using SoonShop.RateLimits;

namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>
/// Counts the generous limits in this process only: a token bucket per subject, without a call to the cluster. A hash with a random seed
/// distributes subjects over a fixed number of buckets. So memory is bounded however many addresses an attacker has. In return, about two
/// of ten thousand subjects share a bucket.
/// </summary>
internal sealed class LocalLimits(RateLimitsOptions options) : IDisposable
{
    private const int Buckets = 32_768;

    private readonly PartitionedRateLimiter<int>?[] limiters = [.. Enum.GetValues<RateClass>()
        .Select(c => RateLimitsOptions.IsCountedInCluster(c) ? null : Limiter(options.Of(c)))];

    /// <summary>Requests permission for one request of a class.</summary>
    public RateLimitResult Take(RateClass rateClass, string subject)
    {
        var limiter = limiters[(int)rateClass]!;
        // The hash of a string has a random seed per process.
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
            // One timer replenishes all partitions together.
            AutoReplenishment = false,
        };
        // The same factory for all partitions, because each request gets a partition.
        Func<int, System.Threading.RateLimiting.RateLimiter> make = _ => new TokenBucketRateLimiter(options);
        return PartitionedRateLimiter.Create<int, int>(bucket => RateLimitPartition.Get(bucket, make));
    }

    /// <summary>Returns the time in which one more request becomes available.</summary>
    private static TimeSpan PeriodOf(ClassLimit limit) => limit.Window / limit.Requests;
}
