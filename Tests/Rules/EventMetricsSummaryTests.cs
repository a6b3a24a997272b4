using CsCheck;
using SoonShop.Events;
using SoonShop.Silo.Events;

namespace SoonShop.Tests.Rules;

public sealed class EventMetricsSummaryTests
{
    [Fact]
    public void percentiles_lie_in_the_bucket_of_the_true_ones() => Gen.Double[0, 9000].Array[1, 200].Sample(times =>
    {
        var buckets = new long[EventMetrics.BoundsMs.Length + 1];
        foreach (var time in times)
            buckets[EventMetrics.BucketOf(time)]++;
        foreach (var part in (double[])[0.5, 0.95, 0.99])
        {
            var exact = times.Order().ElementAt(Math.Max(0, (int)Math.Ceiling(part * times.Length) - 1));
            Assert.Equal(EventMetrics.BucketOf(exact), EventMetrics.BucketOf(EventMetricsSummary.Percentile(buckets, part)));
        }
    });

    [Fact]
    public void figures_add_up_by_each_criterion()
    {
        ImmutableArray<long> none = [.. new long[14]], two = [2, .. new long[13]];
        EventSums[] sums =
        [
            new("order.placed", "", "", 5, 0, 0, 0, 0, 0, none),
            new("order.placed", "mail", "", 0, 2, 0, 1, 0, 1, two),
            new("order.placed", "mail", "network", 0, 0, 2, 0, 1, 1, two),
            new("user.registered", "mail", "", 0, 2, 0, 0, 0, 2, two),
        ];
        var to = DateTimeOffset.UnixEpoch;
        var stats = EventMetricsSummary.Of(to - TimeSpan.FromSeconds(10), to, sums, new EventQueueState(0, 0, 0, 0, 0));
        Assert.Equal(new EventCounts(5, 4, 2, 1, 1), stats.Totals);
        Assert.Equal((0.5, 0.4), (stats.PublishedPerSecond, stats.DeliveredPerSecond));
        Assert.Equal((6L, 0.667), (stats.HandlerTimes.Count, stats.HandlerTimes.MeanMs));
        Assert.Equal([("order", 2L), ("user", 2L)], stats.ByDomain.Select(d => (d.Name, d.Counts.Delivered)));
        Assert.Equal([("network", 1L)], stats.ByErrorClass.Select(c => (c.Name, c.Counts.DeadLettered)));
        Assert.Equal("mail", Assert.Single(stats.ByHandler).Name);
        Assert.Equal(0, EventMetricsSummary.Percentile(none, 0.5));
    }
}
