using Microsoft.Extensions.DependencyInjection;
using Orleans.Dashboard;
using SoonShop.Silo.Dashboard;
using SoonShop.Tests.Grains;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

public sealed class DashboardMetricsTests
{
    [Fact]
    public async Task the_dashboard_reads_metrics_only_while_somebody_looks()
    {
        await using var silo = new SiloWithDashboard();
        await silo.InitializeAsync();
        var metrics = silo.Services.GetRequiredService<DashboardMetrics>();
        metrics.Linger = TimeSpan.FromSeconds(1);
        Assert.False(metrics.IsRunning);

        for (var look = 1; look <= 2; look++)
        {
            silo.Time.Stop();
            Assert.Equal(true, await metrics.ExecuteCommand(0, null));
            Assert.True(metrics.IsRunning);
            silo.Time.GoOn();
            await Until.TrueAsync("the reader has ended", TimeSpan.FromSeconds(60), () => Task.FromResult(!metrics.IsRunning));
        }
    }

    [Fact]
    public async Task a_look_at_one_silo_is_told_to_all()
    {
        await using var silo = new SiloWithDashboard();
        await silo.InitializeAsync();
        var metrics = silo.Services.GetRequiredService<DashboardMetrics>();

        metrics.Look(silo.Grains);

        await Until.TrueAsync("the reader runs", TimeSpan.FromSeconds(60), () => Task.FromResult(metrics.IsRunning));
    }

    private sealed class SiloWithDashboard : InProcessSilo
    {
        internal StoppableTime Time { get; } = new();

        protected override void Configure(ISiloBuilder silo)
        {
            silo.Services.AddSingleton<TimeProvider>(Time);
            DashboardMetrics.Add(silo.Services, () => silo.AddDashboard());
        }
    }
}
