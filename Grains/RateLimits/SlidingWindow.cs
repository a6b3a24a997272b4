namespace SoonShop.RateLimits;

/// <summary>
/// Grants a number of requests in any period of the window's length. A fixed window would allow up to twice as many around its boundary,
/// and a token bucket after a pause. It stores the time of each granted request, so limits are small (<see cref="RateLimit.MaxRequests"/>).
/// It uses the monotonic clock, so changing the machine's time has no effect.
/// </summary>
internal sealed class SlidingWindow(TimeProvider time)
{
    private readonly Queue<long> granted = new();

    /// <summary>Requests a grant, and counts it if it is granted.</summary>
    public RateLimitResult Take(RateLimit limit)
    {
        var now = time.GetTimestamp();
        while (granted.TryPeek(out var oldest) && time.GetElapsedTime(oldest, now) >= limit.Window)
            granted.Dequeue();
        var isGranted = granted.Count < limit.Requests;
        if (isGranted)
            granted.Enqueue(now);
        // The request whose expiry makes room. It is not the oldest one only if the limit was higher before.
        var next = granted.ElementAt(Math.Max(0, granted.Count - limit.Requests));
        return new RateLimitResult(isGranted, Math.Max(0, limit.Requests - granted.Count), limit.Window - time.GetElapsedTime(next, now));
    }
}
