using System.Diagnostics.Metrics;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>The meter <c>SoonShop.Storage</c>. Every instrument has the tag <c>provider</c>, the storage's name.</summary>
internal sealed class StorageMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.Storage";

    private static readonly InstrumentAdvice<int> Sizes = new()
    { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] };

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    };

    private readonly KeyValuePair<string, object?> tag;
    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> writes;
    private readonly Counter<long> conflicts;
    private readonly Counter<long> failures;
    private readonly Histogram<int> batchSize;
    private readonly Histogram<double> batchDuration;

    /// <param name="provider">The storage's name.</param>
    /// <param name="queued">Returns the number of waiting writes.</param>
    public StorageMetrics(string provider, Func<int> queued)
    {
        tag = new("provider", provider);
        writes = meter.CreateCounter<long>("soonshop.storage.writes", "{write}", "Writes that were committed");
        conflicts = meter.CreateCounter<long>(
            "soonshop.storage.conflicts", "{write}", "Writes refused because the version was not the current one");
        failures = meter.CreateCounter<long>(
            "soonshop.storage.failures", "{write}", "Writes that failed otherwise, or whose outcome is unknown");
        batchSize = meter.CreateHistogram("soonshop.storage.batch.size", "{write}", "Writes in a batch", advice: Sizes);
        batchDuration = meter.CreateHistogram(
            "soonshop.storage.batch.duration", "s", "From sending a batch to its commit", advice: Seconds);
        meter.CreateObservableGauge(
            "soonshop.storage.queue.depth", () => new Measurement<int>(queued(), tag), "{write}", "Writes that wait for the next batch");
        // Exports the counters as 0 before the first write.
        writes.Add(0, tag);
        conflicts.Add(0, tag);
        failures.Add(0, tag);
    }

    /// <summary>Counts a batch that is committed.</summary>
    public void BatchWritten(int size, TimeSpan took)
    {
        writes.Add(size, tag);
        batchSize.Record(size, tag);
        batchDuration.Record(took.TotalSeconds, tag);
    }

    /// <summary>Counts a write whose version was not the current one.</summary>
    public void Conflicted() => conflicts.Add(1, tag);

    /// <summary>Counts failed writes.</summary>
    public void Failed(int count) => failures.Add(count, tag);

    public void Dispose() => meter.Dispose();
}
