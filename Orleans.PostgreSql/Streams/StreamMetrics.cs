using System.Diagnostics.Metrics;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>Meter <c>SoonShop.Streams</c>.</summary>
internal sealed class StreamMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.Streams";

    private readonly Counter<long> read, handled, undelivered, published;
    private readonly Histogram<int> batch;

    /// <param name="meters">Creates the meter; null for none.</param>
    /// <param name="provider">The stream provider.</param>
    /// <param name="readers">The readers of this process.</param>
    /// <param name="publishing">The number of events that wait for their insert.</param>
    public StreamMetrics(IMeterFactory? meters, string provider, Func<IEnumerable<QueueReader>> readers, Func<int> publishing)
    {
        var tag = new KeyValuePair<string, object?>("provider", provider);
        var meter = meters?.Create(MeterName) ?? new Meter(MeterName);
        read = meter.CreateCounter<long>("soonshop.streams.read", "{event}", "Events read from queues.");
        handled = meter.CreateCounter<long>(
            "soonshop.streams.done", "{event}", "Events that are done: delivered, without a consumer, or stored as undelivered.");
        undelivered = meter.CreateCounter<long>("soonshop.streams.undelivered", "{event}", "Events that could not be delivered.");
        published = meter.CreateCounter<long>("soonshop.streams.published", "{event}", "Events published by OnNextAsync.");
        batch = meter.CreateHistogram("soonshop.streams.read.batch", "{event}", "Events found by one read.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] });
        meter.CreateObservableGauge(
            "soonshop.streams.pending",
            () => readers().Where(r => r.IsOwner).Select(r => new Measurement<int>(r.Pending, tag, new("queue", r.Queue))), "{event}",
            "Events read and not done, of the queues that this process owns.");
        meter.CreateObservableGauge(
            "soonshop.streams.publishing", () => new Measurement<int>(publishing(), tag), "{event}",
            "Events that wait for their insert by OnNextAsync.");
    }

    public void Read(string provider, int events)
    {
        var tag = new KeyValuePair<string, object?>("provider", provider);
        read.Add(events, tag);
        batch.Record(events, tag);
    }

    public void Handled(string provider) => handled.Add(1, new KeyValuePair<string, object?>("provider", provider));

    public void Published(string provider, int events) => published.Add(events, new KeyValuePair<string, object?>("provider", provider));

    public void Undelivered(string provider, UndeliveredReason reason) =>
        undelivered.Add(
            1, new KeyValuePair<string, object?>("provider", provider), new KeyValuePair<string, object?>("reason", reason.ToString()));
}
