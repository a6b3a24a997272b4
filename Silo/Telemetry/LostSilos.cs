using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace SoonShop.Silo.Telemetry;

/// <summary>Counts silos that died without a shutdown: active in one membership snapshot of this silo, dead in the next.</summary>
internal sealed class LostSilos : BackgroundService
{
    private readonly IClusterMembershipService membership;
    private long lost;

    public LostSilos(IMeterFactory meters, IClusterMembershipService membership)
    {
        this.membership = membership;
        meters.Create("SoonShop.Cluster").CreateObservableCounter(
            "soonshop.cluster.silos.lost", () => Interlocked.Read(ref lost), "{silo}",
            "Silos that went from active to dead without a shutdown");
    }

    /// <summary>Counts the active silos that are dead now. A silo that stops is shutting down in between.</summary>
    public static int Count(ClusterMembershipSnapshot before, ClusterMembershipSnapshot now) =>
        before.Members.Values.Count(m => m.Status == SiloStatus.Active && now.GetSiloStatus(m.SiloAddress) == SiloStatus.Dead);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var before = membership.CurrentSnapshot;
        await foreach (var now in membership.MembershipUpdates.WithCancellation(stoppingToken))
        {
            Interlocked.Add(ref lost, Count(before, now));
            before = now;
        }
    }
}
