using System.Net;
using SoonShop.Silo.Telemetry;

namespace SoonShop.Tests.Rules;

/// <summary>Who stops says so; who is gone otherwise was lost.</summary>
public sealed class LostSilosTests
{
    [Fact]
    public void a_silo_that_was_active_and_is_dead_was_lost() =>
        Assert.Equal(1, LostSilos.Count(Of(SiloStatus.Active, SiloStatus.Active), Of(SiloStatus.Active, SiloStatus.Dead)));

    [Fact]
    public void two_may_be_lost_at_once() =>
        Assert.Equal(
            2, LostSilos.Count(
                Of(SiloStatus.Active, SiloStatus.Active, SiloStatus.Active), Of(SiloStatus.Active, SiloStatus.Dead, SiloStatus.Dead)));

    [Theory]
    [InlineData(SiloStatus.ShuttingDown)]
    [InlineData(SiloStatus.Stopping)]
    [InlineData(SiloStatus.Joining)]
    [InlineData(SiloStatus.Dead)]
    public void one_that_was_leaving_or_never_came_was_not(SiloStatus before) =>
        Assert.Equal(0, LostSilos.Count(Of(SiloStatus.Active, before), Of(SiloStatus.Active, SiloStatus.Dead)));

    [Fact]
    public void one_that_leaves_is_not_lost() =>
        Assert.Equal(0, LostSilos.Count(Of(SiloStatus.Active, SiloStatus.Active), Of(SiloStatus.Active, SiloStatus.ShuttingDown)));

    private static ClusterMembershipSnapshot Of(params SiloStatus[] statuses)
    {
        var members = statuses.Select(
            (status, i) => new ClusterMember(SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111 + i), 1), status, $"silo-{i}"));
        return new ClusterMembershipSnapshot(members.ToImmutableDictionary(m => m.SiloAddress), new MembershipVersion(1));
    }
}
