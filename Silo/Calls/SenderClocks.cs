using System.Collections.Concurrent;

namespace SoonShop.Silo.Calls;

/// <summary>
/// Measures how long calls took from their sender to this silo without synchronized clocks. The fastest recent call shows the offset
/// between the two clocks, and other calls are measured against it (as in LEDBAT, RFC 6817, section 3.4.2). Both clocks are monotonic, so
/// changing a machine's time has no effect.
/// </summary>
internal sealed class SenderClocks(TimeSpan longestWait, TimeProvider time)
{
    /// <summary>The most senders that are remembered. Beyond that, the least recently seen is forgotten.</summary>
    public const int MaxSenders = 1000;

    /// <summary>The length of a window. The fastest call counts for one to two windows.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<Guid, Sender> senders = new();

    /// <summary>Returns how much longer than the fastest call this call has taken.</summary>
    public TimeSpan DelayOf(Guid sender, long sentAtMs)
    {
        if (senders.Count >= MaxSenders && !senders.ContainsKey(sender))
            senders.TryRemove(senders.MinBy(s => s.Value.SeenAt).Key, out _);
        var apart = (long)time.GetElapsedTime(0).TotalMilliseconds - sentAtMs;
        return senders.GetOrAdd(sender, static (_, now) => new Sender(now), time.GetTimestamp()).Delay(apart, longestWait, time);
    }

    private sealed class Sender(long now)
    {
        private readonly Lock gate = new();
        private long windowStart = now;
        private long current = long.MaxValue;
        private long previous = long.MaxValue;

        public long SeenAt { get; private set; } = now;

        public TimeSpan Delay(long apartMs, TimeSpan longestWait, TimeProvider time)
        {
            lock (gate)
            {
                SeenAt = time.GetTimestamp();
                if (time.GetElapsedTime(windowStart, SeenAt) >= Window)
                    (previous, current, windowStart) = (current, long.MaxValue, SeenAt);
                current = Math.Min(current, apartMs);
                var delay = TimeSpan.FromMilliseconds(apartMs - Math.Min(current, previous));
                if (delay <= longestWait)
                    return delay;
                // No call waits this long, so the sender's clock has restarted.
                (previous, current) = (long.MaxValue, apartMs);
                return TimeSpan.Zero;
            }
        }
    }
}
