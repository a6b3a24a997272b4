namespace SoonShop.RateLimits;

/// <remarks>
/// Lives as long as what it counts: a window longer than the last request, and the collector's rounds. So many subjects cost memory for
/// minutes only, and front ends count IPv6 by network, so that one attacker is few subjects.
/// </remarks>
[CollectionAgeLimit(Minutes = 2)]
internal sealed class RateLimitGrain(TimeProvider time) : Grain, IRateLimitGrain
{
    private readonly SlidingWindow window = new(time);

    Task<RateVerdict> IRateLimitGrain.TakeAsync(RateLimit limit) => Task.FromResult(Take(limit, null));

    Task<bool> IRateLimitGrain.TakeOnceAsync(RateLimit limit, Guid operationId) => Task.FromResult(Take(limit, operationId).Granted);

    private RateVerdict Take(RateLimit limit, Guid? operationId)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit.Requests, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit.Requests, RateLimit.MaxRequests);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit.Window, RateLimit.MaxWindow);
        var verdict = window.Take(limit, operationId);
        if (verdict.Granted)
            DelayDeactivation(limit.Window);
        return verdict;
    }
}
