using SoonShop.Events;

namespace SoonShop.Silo.Events;

/// <summary>Computes metrics from sums.</summary>
internal static class EventMetricsSummary
{
    public static EventStats Of(DateTimeOffset from, DateTimeOffset to, IReadOnlyList<EventSums> sums, EventQueueState queue)
    {
        var totals = CountsOf(sums);
        var seconds = Math.Max(1, (to - from).TotalSeconds);
        return new EventStats(
            from, to, totals, Math.Round(totals.Published / seconds, 3), Math.Round(totals.Delivered / seconds, 3), TimesOf(sums), queue,
            By(sums, s => s.EventType), By(sums, s => s.Handler), By(sums, s => s.ErrorClass),
            By(sums, s => EventMetrics.DomainOf(s.EventType)));
    }

    /// <summary>
    /// Returns the duration below which this part of all durations lies, assuming an even distribution within each bucket.
    /// </summary>
    public static double Percentile(IReadOnlyList<long> buckets, double part)
    {
        var wanted = part * buckets.Sum();
        if (wanted <= 0)
            return 0;
        var below = 0L;
        for (var i = 0; i < buckets.Count; i++)
        {
            if (below + buckets[i] >= wanted)
            {
                var low = i == 0 ? 0 : EventMetrics.BoundsMs[i - 1];
                // The last bucket has no upper bound, so its lower bound is used.
                var high = i < EventMetrics.BoundsMs.Length ? EventMetrics.BoundsMs[i] : low;
                return Math.Round(low + ((high - low) * (wanted - below) / buckets[i]), 3);
            }
            below += buckets[i];
        }
        return EventMetrics.BoundsMs[^1];
    }

    private static ImmutableArray<EventCountsOf> By(IReadOnlyList<EventSums> sums, Func<EventSums, string> name) =>
    [
        .. sums.GroupBy(name).Where(g => g.Key.Length > 0).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new EventCountsOf(g.Key, CountsOf(g), TimesOf(g))),
    ];

    private static EventCounts CountsOf(IEnumerable<EventSums> sums) => sums.Aggregate(
        new EventCounts(0, 0, 0, 0, 0),
        (c, s) => new EventCounts(
            c.Published + s.Published, c.Delivered + s.Delivered, c.Failed + s.Failed, c.Retried + s.Retried,
            c.DeadLettered + s.DeadLettered));

    private static HandlerTimes TimesOf(IEnumerable<EventSums> sums)
    {
        var buckets = new long[EventMetrics.BoundsMs.Length + 1];
        var totalMs = 0.0;
        foreach (var s in sums)
        {
            totalMs += s.TotalMs;
            for (var i = 0; i < buckets.Length; i++)
                buckets[i] += s.Buckets[i];
        }
        var count = buckets.Sum();
        return new HandlerTimes(
            count, count == 0 ? 0 : Math.Round(totalMs / count, 3), Percentile(buckets, 0.5), Percentile(buckets, 0.95),
            Percentile(buckets, 0.99));
    }
}
