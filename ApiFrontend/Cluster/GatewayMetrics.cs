using System.Diagnostics.Metrics;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>Meter <c>SoonShop.Gateway</c>: admitted and refused requests, and calls to the cluster.</summary>
internal sealed class GatewayMetrics
{
    /// <summary>The meter's name.</summary>
    public const string Name = "SoonShop.Gateway";

    private readonly Counter<long> admitted, shed, repeated, lost, rejected, limited;

    public GatewayMetrics(IMeterFactory meters)
    {
        Meter = meters.Create(Name);
        admitted = Meter.CreateCounter<long>("soonshop.gateway.admitted", "{request}", "Admitted requests.");
        shed = Meter.CreateCounter<long>("soonshop.gateway.shed", "{request}", "Requests refused because of too many concurrent ones.");
        repeated = Meter.CreateCounter<long>("soonshop.gateway.calls.repeated", "{call}", "Grain calls that were repeated.");
        lost = Meter.CreateCounter<long>(
            "soonshop.gateway.calls.lost", "{call}", "Grain calls without a response after a gateway was lost.");
        rejected = Meter.CreateCounter<long>(
            "soonshop.gateway.calls.rejected", "{call}", "Grain calls that were not made because the breaker was open.");
        limited = Meter.CreateCounter<long>(
            "soonshop.gateway.rate_limited", "{request}", "Requests refused by a rate limit, by class of limit.");
        // Exports the counters as 0 before their first event.
        foreach (var counter in (Counter<long>[])[admitted, shed, repeated, lost, rejected])
            counter.Add(0);
    }

    /// <summary>The meter, for gauges.</summary>
    public Meter Meter { get; }

    public void Admitted() => admitted.Add(1);

    public void Shed() => shed.Add(1);

    public void Repeated() => repeated.Add(1);

    public void Lost() => lost.Add(1);

    public void Rejected() => rejected.Add(1);

    public void RateLimited(string rateClass) => limited.Add(1, new KeyValuePair<string, object?>("class", rateClass));
}
