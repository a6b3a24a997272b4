using System.Numerics;
using System.Runtime.InteropServices;

namespace SoonShop.RateLimits;

/// <summary>
/// Implements <see cref="SlidingWindow"/> for many subjects without an object per subject. All grants are in one ring in their order, each
/// with a pointer to the subject's previous grant. A window is at most <see cref="RateLimit.MaxWindow"/>.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="capacity">The most grants that are remembered; beyond that, the oldest is forgotten. A power of two.</param>
internal sealed class SlidingWindows(TimeProvider time, int capacity)
{
    private const int None = -1;

    /// <summary>The number of each subject's latest grant.</summary>
    private readonly Dictionary<Guid, long> newest = [];

    private readonly int capacity = BitOperations.IsPow2(capacity) ? capacity : throw new ArgumentOutOfRangeException(nameof(capacity));

    /// <summary>The grants numbered from <see cref="first"/> up to <see cref="next"/>, each at its number modulo the length.</summary>
    private Grant[] ring = new Grant[Math.Min(16, capacity)];

    private long first, next;

    /// <summary>
    /// Requests a grant for a subject, and counts it if it is granted. A request with an operation id that was granted within the window is
    /// granted again and counts once.
    /// </summary>
    public RateLimitResult Take(Guid subject, RateLimit limit, Guid? operation = null)
    {
        var now = time.GetTimestamp();
        while (first < next && time.GetElapsedTime(At(first).At, now) >= RateLimit.MaxWindow)
            Forget();
        var (count, isKnown) = (0, false);
        // The grant whose expiry makes room: the limit's number of grants before the newest, or the oldest one if there are fewer.
        var freeing = now;
        var last = newest.GetValueOrDefault(subject, None);
        for (var n = last; n >= first && time.GetElapsedTime(At(n).At, now) < limit.Window; n = At(n).Before)
        {
            if (count++ < limit.Requests)
                freeing = At(n).At;
            isKnown |= operation is not null && At(n).Operation == operation;
        }
        var isGranted = isKnown || count < limit.Requests;
        if (isGranted && !isKnown)
        {
            Add(new Grant(subject, operation, now, last));
            count++;
        }
        return new RateLimitResult(isGranted, Math.Max(0, limit.Requests - count), limit.Window - time.GetElapsedTime(freeing, now));
    }

    private void Add(Grant grant)
    {
        if (next - first == capacity)
            Forget();
        else if (next - first == ring.Length)
            Grow();
        At(next) = grant;
        newest[grant.Subject] = next++;
    }

    private void Forget()
    {
        var subject = At(first).Subject;
        if (newest[subject] == first)
            newest.Remove(subject);
        first++;
    }

    private void Grow()
    {
        var larger = new Grant[ring.Length * 2];
        for (var n = first; n < next; n++)
            larger[n & (larger.Length - 1)] = At(n);
        ring = larger;
    }

    private ref Grant At(long number) => ref ring[number & (ring.Length - 1)];

    /// <summary>A granted request.</summary>
    /// <param name="Subject">The subject.</param>
    /// <param name="Operation">The operation id.</param>
    /// <param name="At">The time.</param>
    /// <param name="Before">The number of the subject's previous grant.</param>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Grant(Guid Subject, Guid? Operation, long At, long Before);
}
