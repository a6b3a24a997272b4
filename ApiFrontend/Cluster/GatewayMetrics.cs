using System.Diagnostics.Metrics;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>Meter <c>SoonShop.Gateway</c>: what the front end lets in and turns away, and how it fares with the cluster.</summary>
internal sealed class GatewayMetrics
{
    /// <summary>The meter's name.</summary>
    public const string Name = "SoonShop.Gateway";

    private readonly Counter<long> admitted, shed, repeated, lost, rejected, limited;

    public GatewayMetrics(IMeterFactory meters)
    {
        Meter = meters.Create(Name);
        admitted = Meter.CreateCounter<long>("soonshop.gateway.admitted", "{request}", "Requests that were let in.");
        shed = Meter.CreateCounter<long>("soonshop.gateway.shed", "{request}", "Requests that were refused because too many were under way.");
        repeated = Meter.CreateCounter<long>("soonshop.gateway.calls.repeated", "{call}", "Calls to grains that were made again.");
        lost = Meter.CreateCounter<long>("soonshop.gateway.calls.lost", "{call}", "Calls to grains whose answer did not come after a gateway was lost.");
        rejected = Meter.CreateCounter<long>("soonshop.gateway.calls.rejected", "{call}", "Calls to grains that were not made because the breaker was open.");
        limited = Meter.CreateCounter<long>("soonshop.gateway.rate_limited", "{request}", "Requests that were refused because their caller asks for too much, by class of limit.");
        // Seen as 0 before the first one.
        foreach (var counter in (Counter<long>[])[admitted, shed, repeated, lost, rejected])
            counter.Add(0);
    }

    /// <summary>For gauges.</summary>
    public Meter Meter { get; }

    public void Admitted() => admitted.Add(1);

    public void Shed() => shed.Add(1);

    public void Repeated() => repeated.Add(1);

    public void Lost() => lost.Add(1);

    public void Rejected() => rejected.Add(1);

    public void RateLimited(string rateClass) => limited.Add(1, new KeyValuePair<string, object?>("class", rateClass));
}
