using System.Diagnostics.Metrics;
using SoonShop.Events;
using static SoonShop.Silo.Telemetry.ObservableMetrics;

namespace SoonShop.Silo.Telemetry;

/// <summary>The state of the shop and its cluster, as meter <c>SoonShop.Cluster</c>. Every silo reports the same values.</summary>
internal sealed class ShopMetrics
{
    private static readonly (SiloStatus Status, string Label)[] Statuses =
    [
        (SiloStatus.Joining, "joining"), (SiloStatus.Active, "active"), (SiloStatus.ShuttingDown, "shutting_down"),
        (SiloStatus.Stopping, "stopping"), (SiloStatus.Dead, "dead"),
    ];

    private readonly IClusterMembershipService membership;
    private readonly EventMetrics events;
    private readonly TimeProvider time;
    private volatile ShopMetricsSample? sample;
    private long shopAt, databaseAt;

    public ShopMetrics(IMeterFactory meters, IClusterMembershipService membership, EventMetrics events, TimeProvider time)
    {
        (this.membership, this.events, this.time) = (membership, events, time);
        shopAt = databaseAt = time.GetTimestamp();
        var meter = meters.Create("SoonShop.Cluster");
        meter.CreateObservableGauge(
            "soonshop.cluster.silos", CountSilos, "{silo}", "Silos in this silo's view of the membership, by status");
        meter.CreateObservableGauge(
            "soonshop.inventory.items", () => Of<ShopMetricsSample, long>(
                sample, f => [Labelled(f.InStock, "state", "in_stock"), Labelled(f.Low, "state", "low"), Labelled(f.Out, "state", "out")]),
            "{item}", "Stock items of the shop, by stock level");
        meter.CreateObservableGauge(
            "soonshop.inventory.available_units", () => Of<ShopMetricsSample, long>(sample, f => [new(f.AvailableUnits)]), "{unit}",
            "Available units of the shop");
        meter.CreateObservableGauge(
            "soonshop.orders.unfinished", () => Of(sample, f => f.Unfinished.Select(u => Labelled(u.Count, "status", u.Status))),
            "{order}", "Orders of the shop that are neither confirmed nor ended");
        meter.CreateObservableGauge(
            "soonshop.orders.unfinished.age", () =>
                Of(sample, f => f.Unfinished.Select(u => Labelled(u.OldestSeconds, "status", u.Status))),
            "s", "The age of the oldest unfinished order");
        meter.CreateObservableGauge("soonshop.figures.age", Ages, "s", "The age of the metrics that only the database has");
    }

    /// <summary>Records the state of the shop.</summary>
    public void Observe(ShopMetricsSample now)
    {
        sample = now;
        Volatile.Write(ref shopAt, time.GetTimestamp());
    }

    /// <summary>Records that the database's metrics were read.</summary>
    public void DatabaseObserved() => Volatile.Write(ref databaseAt, time.GetTimestamp());

    private IEnumerable<Measurement<long>> CountSilos()
    {
        var members = membership.CurrentSnapshot.Members.Values;
        return Statuses.Select(s => Labelled((long)members.Count(m => m.Status == s.Status), "status", s.Label));
    }

    private IEnumerable<Measurement<double>> Ages() =>
    [
        Labelled(time.GetElapsedTime(Volatile.Read(ref shopAt)).TotalSeconds, "figures", "shop"),
        Labelled(time.GetElapsedTime(Volatile.Read(ref databaseAt)).TotalSeconds, "figures", "database"),
        Labelled(events.ObservedFor.TotalSeconds, "figures", "events"),
    ];
}
