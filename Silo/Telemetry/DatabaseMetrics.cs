using System.Diagnostics.Metrics;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.Silo.Telemetry;

/// <summary>How PostgreSQL is, as meter <c>SoonShop.Database</c>; told by every silo alike, and by none while it does not answer.</summary>
internal sealed class DatabaseMetrics
{
    private const double BytesPerGigabyte = 1e9;

    private readonly Meter meter;
    private DatabaseFigures? figures;

    public DatabaseMetrics(IMeterFactory meters, TelemetryOptions options)
    {
        meter = meters.Create("SoonShop.Database");
        meter.CreateObservableGauge("soonshop.database.up", () => Volatile.Read(ref figures) is null ? 0 : 1, description: "1 when the database answered the last time it was asked how it is");
        if (options.DatabaseCapacityGigabytes > 0)
            meter.CreateObservableGauge("soonshop.database.capacity", () => options.DatabaseCapacityGigabytes * BytesPerGigabyte, "By", "What the database's disk holds, as configured");
        Gauge("size", "By", "The database on its disk", f => [new(f.SizeBytes)]);
        Gauge("connections", "{connection}", "Connections to this database by state", f => f.Connections.Select(c => Labelled(c.Value, "state", c.Key)));
        Gauge("connections.max", "{connection}", "Connections that the server allows, for all databases", f => [new(f.MaxConnections)]);
        Gauge("locks.waiting", "{lock}", "Locks that are waited for", f => [new(f.LocksWaiting)]);
        Gauge("table", "By", "The biggest tables, with their indexes", f => f.Tables.Select(t => Labelled(t.Bytes, "table", t.Name)));
        Gauge("table.dead_rows", "{row}", "Rows of the biggest tables that wait for a vacuum", f => f.Tables.Select(t => Labelled(t.DeadRows, "table", t.Name)));
        meter.CreateObservableGauge("soonshop.database.oldest_transaction", () => Of<double>(f => [new(f.OldestTransactionSeconds)]), "s", "The age of the oldest transaction that is open");
        Counter("transactions", "{transaction}", "Transactions by result", f => [Labelled(f.Committed, "result", "committed"), Labelled(f.RolledBack, "result", "rolled_back")]);
        Counter("blocks", "{block}", "Blocks by where they were found", f => [Labelled(f.BlocksCached, "source", "cache"), Labelled(f.BlocksRead, "source", "disk")]);
        Counter("deadlocks", "{deadlock}", "Deadlocks", f => [new(f.Deadlocks)]);
        Counter("temporary", "By", "What queries wrote to disk for want of memory", f => [new(f.TemporaryBytes)]);
        Counter("wal", "By", "The server's write-ahead log", f => [new(f.WalBytes)]);
        Counter("rows", "{row}", "Rows by operation", f =>
        [
            Labelled(f.RowsInserted, "operation", "inserted"), Labelled(f.RowsUpdated, "operation", "updated"),
            Labelled(f.RowsDeleted, "operation", "deleted"), Labelled(f.RowsFetched, "operation", "fetched"),
        ]);
    }

    /// <summary>How it is; null when it does not answer.</summary>
    public void Observe(DatabaseFigures? now) => Volatile.Write(ref figures, now);

    private void Gauge(string name, string unit, string description, Func<DatabaseFigures, IEnumerable<Measurement<long>>> measure) =>
        meter.CreateObservableGauge($"soonshop.database.{name}", () => Of(measure), unit, description);

    private void Counter(string name, string unit, string description, Func<DatabaseFigures, IEnumerable<Measurement<long>>> measure) =>
        meter.CreateObservableCounter($"soonshop.database.{name}", () => Of(measure), unit, description);

    private IEnumerable<Measurement<T>> Of<T>(Func<DatabaseFigures, IEnumerable<Measurement<T>>> measure) where T : struct =>
        Volatile.Read(ref figures) is { } now ? measure(now) : [];

    private static Measurement<long> Labelled(long value, string label, string name) => new(value, new KeyValuePair<string, object?>(label, name));
}
