using System.Collections.Concurrent;

namespace SoonShop.Silo.Calls;

/// <summary>
/// How long calls took from their sender to here, without the two clocks having to agree: the fastest call of the last while shows how far the
/// clocks are apart, and the others are measured against it (as LEDBAT does, RFC 6817, section 3.4.2). Both clocks are
/// monotonic ones: setting a machine's time does not matter.
/// </summary>
internal sealed class SenderClocks(TimeSpan longestWait, TimeProvider time)
{
    /// <summary>Senders beyond this many are forgotten, the oldest first.</summary>
    public const int MaxSenders = 1000;

    /// <summary>How long the fastest call counts; between one and two of these.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<Guid, Sender> senders = new();

    /// <summary>How much longer than the fastest a call has taken.</summary>
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
                // No call waits that long: a clock was set.
                (previous, current) = (long.MaxValue, apartMs);
                return TimeSpan.Zero;
            }
        }
    }
}
