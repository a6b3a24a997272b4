using System.Diagnostics.Metrics;
using SoonShop.ServiceDefaults.Telemetry;
using static SoonShop.Silo.Telemetry.ObservableMetrics;

namespace SoonShop.Silo.Telemetry;

/// <summary>
/// The state of PostgreSQL, as meter <c>SoonShop.Database</c>. Every silo reports the same values. While the database does not respond, the
/// last values stay; <c>soonshop.figures.age</c> gives their age.
/// </summary>
internal sealed class DatabaseMetrics
{
    private const double BytesPerGigabyte = 1e9;

    private readonly Meter meter;
    private volatile DatabaseMetricsSample? sample;
    private volatile IReadOnlyDictionary<string, long>? connections;
    private volatile IReadOnlyList<TableMetricsSample>? tables;
    private volatile Answer? answer;

    public DatabaseMetrics(IMeterFactory meters, TelemetryOptions options)
    {
        meter = meters.Create("SoonShop.Database");
        meter.CreateObservableGauge(
            "soonshop.database.up", () => Of<Answer, long>(answer, a => [new(a.Answers ? 1 : 0)]),
            description: "1 when the database responded to the last check");
        if (options.DatabaseCapacityGigabytes > 0)
            meter.CreateObservableGauge(
                "soonshop.database.capacity", () => options.DatabaseCapacityGigabytes * BytesPerGigabyte, "By",
                "The capacity of the database's disk, as configured");
        Gauge("size", "By", "The size of the database on disk", f => [new(f.SizeBytes)]);
        meter.CreateObservableGauge(
            "soonshop.database.connections", () => Of(connections, all => all.Select(c => Labelled(c.Value, "state", c.Key))),
            "{connection}", "Connections to this database by state");
        Gauge("connections.max", "{connection}", "Connections that the server allows, for all databases", f => [new(f.MaxConnections)]);
        Gauge("locks.waiting", "{lock}", "Lock requests that wait", f => [new(f.LocksWaiting)]);
        meter.CreateObservableGauge(
            "soonshop.database.table", () => Of(tables, all => all.Select(t => Labelled(t.Bytes, "table", t.Name))), "By",
            "The size of the largest tables with their indexes");
        meter.CreateObservableGauge(
            "soonshop.database.table.dead_rows", () => Of(tables, all => all.Select(t => Labelled(t.DeadRows, "table", t.Name))), "{row}",
            "Dead rows in the largest tables, before a vacuum");
        meter.CreateObservableGauge(
            "soonshop.database.oldest_transaction", () => Of<DatabaseMetricsSample, double>(sample, f => [new(f.OldestTransactionSeconds)]),
            "s", "The age of the oldest open transaction");
        Counter("transactions", "{transaction}", "Transactions by result", f =>
            [Labelled(f.Committed, "result", "committed"), Labelled(f.RolledBack, "result", "rolled_back")]);
        Counter("blocks", "{block}", "Blocks by where they were found", f =>
            [Labelled(f.BlocksCached, "source", "cache"), Labelled(f.BlocksRead, "source", "disk")]);
        Counter("deadlocks", "{deadlock}", "Deadlocks", f => [new(f.Deadlocks)]);
        Counter("temporary", "By", "Temporary files that queries wrote because they lacked memory", f => [new(f.TemporaryBytes)]);
        Counter("wal", "By", "The bytes written to the server's write-ahead log", f => [new(f.WalBytes)]);
        Counter("rows", "{row}", "Rows by operation", f =>
        [
            Labelled(f.RowsInserted, "operation", "inserted"), Labelled(f.RowsUpdated, "operation", "updated"),
            Labelled(f.RowsDeleted, "operation", "deleted"), Labelled(f.RowsFetched, "operation", "fetched"),
        ]);
    }

    /// <summary>Records whether the database responded.</summary>
    public void Observe(bool answers) => answer = new Answer(answers);

    /// <summary>Records the state of the database.</summary>
    public void Observe(DatabaseMetricsSample now) => sample = now;

    /// <summary>Records the connections by state.</summary>
    public void Observe(IReadOnlyDictionary<string, long> now) => connections = now;

    /// <summary>Records the largest tables.</summary>
    public void Observe(IReadOnlyList<TableMetricsSample> now) => tables = now;

    private void Gauge(string name, string unit, string description, Func<DatabaseMetricsSample, IEnumerable<Measurement<long>>> measure) =>
        meter.CreateObservableGauge($"soonshop.database.{name}", () => Of(sample, measure), unit, description);

    private void Counter(string name, string unit, string description, Func<DatabaseMetricsSample,
        IEnumerable<Measurement<long>>> measure) =>
        meter.CreateObservableCounter($"soonshop.database.{name}", () => Of(sample, measure), unit, description);

    private sealed record Answer(bool Answers);
}
