using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace SoonShop.Silo.Telemetry;

/// <summary>Counts the silos that went without a word, as this one sees the membership: active at one moment, dead at the next.</summary>
internal sealed class LostSilos : BackgroundService
{
    private readonly IClusterMembershipService membership;
    private long lost;

    public LostSilos(IMeterFactory meters, IClusterMembershipService membership)
    {
        this.membership = membership;
        meters.Create("SoonShop.Cluster").CreateObservableCounter(
            "soonshop.cluster.silos.lost", () => Interlocked.Read(ref lost), "{silo}", "Silos that were active and then dead, without having said that they would go");
    }

    /// <summary>How many of those that were active are dead now. One that stops says so first, and is shutting down in between.</summary>
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
