using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using SoonShop.Health;

namespace SoonShop.Silo.Health;

/// <summary>Checks whether this silo is a member of the cluster and not about to leave it.</summary>
internal sealed class ClusterCheck(IClusterMembershipService membership, ILocalSiloDetails silo, IHostApplicationLifetime lifetime)
    : IHealthCheck
{
    /// <summary>True from when the silo has joined until it begins to leave.</summary>
    public bool IsMember => lifetime.ApplicationStarted.IsCancellationRequested
        && Status == SiloStatus.Active
        && !lifetime.ApplicationStopping.IsCancellationRequested;

    private SiloStatus Status => membership.CurrentSnapshot.GetSiloStatus(silo.SiloAddress);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = Status;
        return Task.FromResult(
            lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("this silo is stopping")
            : !lifetime.ApplicationStarted.IsCancellationRequested
                ? HealthCheckResult.Unhealthy($"this silo is starting, and {status} in the cluster")
            : status == SiloStatus.Active ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"this silo is {status} in the cluster"));
    }
}

/// <summary>Checks whether the database responds.</summary>
internal sealed class DatabaseCheck(IDatabaseHealth database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await database.CheckAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e)
        {
            return HealthCheckResult.Unhealthy($"the database does not respond: {e.Message}");
        }
    }
}
