namespace SoonShop.RateLimits;

/// <summary>
/// Grants so many requests in any time of a window's length – not up to twice as many around the turn of a fixed window, or after
/// a pause as a token bucket does. The price is the time of each granted request, so limits are small (<see cref="RateLimit.MaxRequests"/>).
/// By the monotonic clock: setting the machine's time neither locks nor frees anybody.
/// </summary>
internal sealed class SlidingWindow(TimeProvider time)
{
    private readonly Queue<long> granted = new();

    /// <summary>Counts one request if it is granted.</summary>
    public RateLimitResult Take(RateLimit limit)
    {
        var now = time.GetTimestamp();
        while (granted.TryPeek(out var oldest) && time.GetElapsedTime(oldest, now) >= limit.Window)
            granted.Dequeue();
        var isGranted = granted.Count < limit.Requests;
        if (isGranted)
            granted.Enqueue(now);
        // Whose leaving makes room; behind the oldest only where the limit was higher before.
        var next = granted.ElementAt(Math.Max(0, granted.Count - limit.Requests));
        return new RateLimitResult(isGranted, Math.Max(0, limit.Requests - granted.Count), limit.Window - time.GetElapsedTime(next, now));
    }
}
