using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SoonShop.Silo.Dashboard;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

[Collection(nameof(InProcessSilo))]
public sealed class DashboardKeyTests(InProcessSilo silo)
{
    [Fact]
    public async Task silos_that_start_together_share_a_key()
    {
        ServiceProvider[] silos =
        [
            .. from _ in Enumerable.Range(0, 4)
               select new ServiceCollection().AddLogging()
                   .AddSingleton(silo.Database).AddSingleton(TimeProvider.System).AddDashboardKeys().BuildServiceProvider(),
        ];
        await Task.WhenAll(silos.Select(
            s => s.GetServices<IHostedService>().OfType<FirstDashboardKey>().Single().StartAsync(TestContext.Current.CancellationToken)));
        Assert.Equal(1, await silo.QueryAsync<long>("select count(*) from dashboard_key"));

        IDataProtector[] protectors = [.. silos.Select(s => s.GetRequiredService<IDataProtectionProvider>().CreateProtector("cookie"))];
        Assert.All(protectors, from => Assert.All(protectors, to => Assert.Equal("who", to.Unprotect(from.Protect("who")))));
        foreach (var s in silos)
            await s.DisposeAsync();
    }
}
