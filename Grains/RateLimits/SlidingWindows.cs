using System.Numerics;
using System.Runtime.InteropServices;

namespace SoonShop.RateLimits;

/// <summary>
/// Windows like <see cref="SlidingWindow"/> of many subjects, without an object for each: what was granted stands in one ring, in its
/// order, and points to what the same subject was granted before. A window is <see cref="RateLimit.MaxWindow"/> at most.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="capacity">Requests that are remembered; for one more, the oldest is forgotten. A power of two.</param>
internal sealed class SlidingWindows(TimeProvider time, int capacity)
{
    private const int None = -1;

    /// <summary>By subject, the number of what it was granted last.</summary>
    private readonly Dictionary<Guid, long> newest = [];

    private readonly int capacity = BitOperations.IsPow2(capacity) ? capacity : throw new ArgumentOutOfRangeException(nameof(capacity));

    /// <summary>What was granted under the numbers from <see cref="first"/> up to <see cref="next"/>, each at its number modulo the length.</summary>
    private Grant[] ring = new Grant[Math.Min(16, capacity)];

    private long first, next;

    /// <summary>
    /// Counts one request of a subject if it is granted; one that has a name and was granted within the window is granted again, and counts
    /// once.
    /// </summary>
    public RateLimitResult Take(Guid subject, RateLimit limit, Guid? operation = null)
    {
        var now = time.GetTimestamp();
        while (first < next && time.GetElapsedTime(At(first).At, now) >= RateLimit.MaxWindow)
            Forget();
        var (count, isKnown) = (0, false);
        // Whose leaving makes room: as many before the newest as the limit says, or the oldest where there are fewer.
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

    /// <summary>One granted request.</summary>
    /// <param name="Subject">Whose.</param>
    /// <param name="Operation">Its name.</param>
    /// <param name="At">When.</param>
    /// <param name="Before">The number of what the subject was granted before.</param>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Grant(Guid Subject, Guid? Operation, long At, long Before);
}
