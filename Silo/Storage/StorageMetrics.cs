using System.Diagnostics.Metrics;

namespace SoonShop.Silo.Storage;

/// <summary>Meter <c>SoonShop.Storage</c>; every instrument has the tag <c>provider</c>, the storage's name.</summary>
internal sealed class StorageMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.Storage";

    private readonly Meter meter;
    private readonly Counter<long> writes;
    private readonly Counter<long> conflicts;
    private readonly Counter<long> failures;
    private readonly Histogram<int> batchSize;
    private readonly Histogram<double> batchDuration;

    /// <param name="provider">The storage's name.</param>
    /// <param name="queued">How many writes wait.</param>
    public StorageMetrics(string provider, Func<int> queued)
    {
        meter = new Meter(MeterName, null, [new("provider", provider)]);
        writes = meter.CreateCounter<long>("soonshop.storage.writes", "{write}", "Writes that were committed");
        conflicts = meter.CreateCounter<long>("soonshop.storage.conflicts", "{write}", "Writes refused because the version was not the current one");
        failures = meter.CreateCounter<long>("soonshop.storage.failures", "{write}", "Writes that failed otherwise, or whose outcome is unknown");
        batchSize = meter.CreateHistogram<int>("soonshop.storage.batch.size", "{write}", "Writes in a batch");
        batchDuration = meter.CreateHistogram<double>("soonshop.storage.batch.duration", "s", "From sending a batch to its commit");
        meter.CreateObservableGauge("soonshop.storage.queue.depth", queued, "{write}", "Writes that wait for the next batch");
    }

    /// <summary>A batch is committed, but for those of its writes that had conflicts.</summary>
    public void BatchWritten(int size, TimeSpan took, int conflicting)
    {
        writes.Add(size - conflicting);
        batchSize.Record(size);
        batchDuration.Record(took.TotalSeconds);
        if (conflicting > 0)
            conflicts.Add(conflicting);
    }

    /// <summary>Writes failed.</summary>
    public void Failed(int count) => failures.Add(count);

    public void Dispose() => meter.Dispose();
}
