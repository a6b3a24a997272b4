using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>Silos as pods, of an API server that is the test's.</summary>
public sealed class KubernetesHostingTests : IAsyncLifetime
{
    private static readonly (string, string)[] ClusterLabels = [("orleans/serviceId", "soonshop"), ("orleans/clusterId", "soonshop")];
    private readonly List<ShopProcess> silos = [];
    private PodServer kubernetes = null!;
    private Shop shop = null!;

    public async ValueTask InitializeAsync() => (kubernetes, shop) = (await PodServer.StartAsync(), await Shop.CreateAsync());

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in silos)
            await silo.DisposeAsync();
        await shop.DisposeAsync();
        await kubernetes.DisposeAsync();
    }

    [Fact]
    public async Task a_silo_asks_slowly_for_what_it_may_not_and_a_pods_end_is_its_silos_end()
    {
        // Without the role: it asks, and does not flood the API server.
        kubernetes.Forbids = true;
        kubernetes.Add("silo-a");
        var clock = Stopwatch.StartNew();
        var first = StartSilo("silo-a");
        await Until.TrueAsync(
            "the silo has asked several times", TimeSpan.FromMinutes(2), () => Going(first, kubernetes.Requests.Count >= 8));
        Assert.InRange(kubernetes.Requests.Count, 8, 6 + (int)(clock.Elapsed.TotalSeconds * 2));
        Assert.Contains("insufficient permissions", first.Log, StringComparison.Ordinal);
        Assert.NotEqual("active", await StatusAsync("silo-a"));

        // The role is granted: it goes on by itself, and its pod gets the labels by which silos find each other's.
        kubernetes.Forbids = false;
        first = await ActiveAsync(first, "silo-a");
        Assert.Contains("PATCH silo-a", kubernetes.Requests);
        Assert.Equal("soonshop", kubernetes.LabelsOf("silo-a")["orleans/clusterId"]);
        Assert.Equal("soonshop", kubernetes.LabelsOf("silo-a")["orleans/serviceId"]);

        // A pod is deleted whose silo could answer for ever: only the API server tells of it.
        kubernetes.Add("silo-b", ClusterLabels);
        var second = await ActiveAsync(StartSilo("silo-b"), "silo-b");
        await Until.TrueAsync("both watch", TimeSpan.FromMinutes(1), () => Going(second, kubernetes.Watches == 2));
        kubernetes.Delete("silo-b");
        await Until.TrueAsync("the silo is declared dead", TimeSpan.FromMinutes(1), async () => await StatusAsync("silo-b") == "dead");
        await second.WaitForExitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal("active", await StatusAsync("silo-a"));
        Assert.False(first.HasExited);

        await first.StopAsync();
        Assert.Equal(0, first.ExitCode);
    }

    [Fact]
    public async Task a_silo_that_is_no_pod_says_what_it_lacks()
    {
        var (code, _, error) = await Repository.TryRunAsync("dotnet", [Repository.Program("Silo")], new()
        {
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ConnectionStrings__soonshop"] = shop.ConnectionString,
            ["Silo__Kubernetes"] = "true",
        });
        Assert.Equal(78, code);
        Assert.All((string[])["POD_NAME", "POD_NAMESPACE", "automountServiceAccountToken"], word =>
            Assert.Contains(word, error, StringComparison.Ordinal));
    }

    private ShopProcess StartSilo(string pod)
    {
        var silo = ShopProcess.Start(Repository.Program("Silo"), pod, new()
        {
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ConnectionStrings__soonshop"] = shop.ConnectionString,
            ["Payments__Provider"] = "Simulated",
            ["Silo__SiloPort"] = $"{TcpPort.Free()}",
            ["Silo__GatewayPort"] = $"{TcpPort.Free()}",
            ["Silo__HttpPort"] = "0",
            ["Silo__Kubernetes"] = "true",
            ["Silo__KubernetesApi"] = kubernetes.Address,
            ["POD_NAME"] = pod,
            ["POD_NAMESPACE"] = PodServer.Namespace,
            ["POD_IP"] = "127.0.0.1",
        });
        silos.Add(silo);
        return silo;
    }

    /// <summary>
    /// Waits until a silo is active. One that takes longer than 15 s to join is given up, and started anew, as Kubernetes does it.
    /// </summary>
    private async Task<ShopProcess> ActiveAsync(ShopProcess silo, string pod)
    {
        await Until.TrueAsync($"{pod} is active", TimeSpan.FromMinutes(3), async () =>
        {
            if (silo.HasExited)
                silo = StartSilo(pod);
            return await StatusAsync(pod) == "active";
        });
        return silo;
    }

    /// <summary>The condition, as long as the silo lives.</summary>
    private static Task<bool> Going(ShopProcess silo, bool condition) =>
        silo.HasExited
            ? throw new InvalidOperationException($"{silo.Name} ended with {silo.ExitCode}:\n{silo.Log}")
            : Task.FromResult(condition);

    /// <summary>A silo's state by its pod's name, in Orleans' numbers.</summary>
    private async Task<string> StatusAsync(string pod)
    {
        try
        {
            return await shop.QueryAsync<int>(
                "select coalesce((select status from cluster_member where silo_name = $1 order by generation desc limit 1), 0)",
                pod) switch
            { 0 => "none", 3 => "active", 6 => "dead", var other => $"{other}" };
        }
        catch (Npgsql.PostgresException e) when (e.SqlState == Npgsql.PostgresErrorCodes.UndefinedTable)
        {
            // The silo has not migrated yet.
            return "none";
        }
    }
}
