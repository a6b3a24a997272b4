using System.Globalization;
using System.Net;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>
/// The shop as its images have it: migrated by a job, run as nobody from read-only directories, asked how it is, stopped under load. All in
/// one run, because laying images out and starting processes is what takes the time.
/// </summary>
[Collection(nameof(Faults.Faults))]
public sealed class ImageTests : IAsyncLifetime
{
    /// <summary>Less than what manifests and compose file give a process before they kill it.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(40);

    private readonly List<ShopProcess> processes = [];
    private Shop shop = null!;
    private string secrets = null!;
    private LaidOutImage silo = null!;
    private LaidOutImage api = null!;

    public async ValueTask InitializeAsync()
    {
        shop = await Shop.CreateEmptyAsync();
        secrets = Directory.CreateTempSubdirectory("soonshop-secrets-").FullName;
        File.SetUnixFileMode(secrets, (UnixFileMode)0b111_101_101);
        await File.WriteAllTextAsync(Path.Combine(secrets, "ConnectionStrings__soonshop"), shop.ConnectionString + "\n");
        await File.WriteAllTextAsync(Path.Combine(secrets, "Payments__Provider"), "Simulated");
        await File.WriteAllTextAsync(Path.Combine(secrets, "Accounts__AdminEmail"), Shop.AdminEmail);
        await File.WriteAllTextAsync(Path.Combine(secrets, "Accounts__AdminPassword"), Shop.AdminPassword);
        await File.WriteAllTextAsync(Path.Combine(secrets, "auth-keys.pem"), TestKey.OfShops.Pem);
        var images = await Task.WhenAll(
            LaidOutImage.CreateAsync("silo.Dockerfile", secrets), LaidOutImage.CreateAsync("api.Dockerfile", secrets));
        (silo, api) = (images[0], images[1]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
            await process.DisposeAsync();
        await shop.DisposeAsync();
        await silo.DisposeAsync();
        await api.DisposeAsync();
        Directory.Delete(secrets, recursive: true);
    }

    [Fact]
    public async Task images_run_as_nobody_and_stop_under_load_without_losing_anything()
    {
        var before = Files(silo).Concat(Files(api)).ToList();
        Assert.DoesNotContain(before, f => f.EndsWith("appsettings.Development.json", StringComparison.Ordinal));
        Assert.All(before, f =>
            Assert.Equal(default, File.GetUnixFileMode(f) & (UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)));

        await TheSchemaIsWaitedForAsync();

        var (first, firstPorts) = StartSilo();
        var (second, secondPorts) = StartSilo();
        await HealthyAsync(silo, first, firstPorts.Http);
        await HealthyAsync(silo, second, secondPorts.Http);
        var (apiPort, metricsPort) = (TcpPort.Free(), TcpPort.Free());
        var frontEnd = StartApi(apiPort, metricsPort);
        await HealthyAsync(api, frontEnd, apiPort);
        Assert.All((ShopProcess[])[first, second, frontEnd], RunsAsNobody);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{apiPort}"), Timeout = TimeSpan.FromSeconds(60) };
        await WatchersAreAnsweredAsync(http, firstPorts.Http, apiPort, metricsPort);

        var client = new ApiClient(http) { Shop = shop };
        var sku = await (await client.AsAdminAsync()).CreateProductAsync(stock: 100_000);
        var crowd = new Crowd(shop, client, 4, _ => ([sku], "pm_card_visa"));
        await crowd.MoreAsync(10);
        await StopAsync(first);
        await crowd.MoreAsync(10);
        await StopAsync(frontEnd);
        frontEnd = StartApi(apiPort, metricsPort);
        await crowd.MoreAsync(10);
        await crowd.CloseAsync();
        await crowd.AssertKeptAsync();
        await Task.WhenAll(StopAsync(frontEnd), StopAsync(second));

        Assert.Equal(before, Files(silo).Concat(Files(api)));
        // Who was told to stop has left the cluster (6 is Orleans' Dead).
        Assert.Equal("6 6", await shop.QueryAsync<string>("select string_agg(status::text, ' ') from cluster_member"));
    }

    /// <summary>As the pods' init container does, and the job.</summary>
    private async Task TheSchemaIsWaitedForAsync()
    {
        var (refused, reason) = await silo.RunAsync(["run"], ("Silo__MigrateAtStart", "false"));
        Assert.Equal(69, refused);
        Assert.Contains("0001-orleans-clustering.sql", reason, StringComparison.Ordinal);
        var waiting = silo.RunAsync(["await-schema"], ("Silo__AwaitSchemaMinutes", "2"));
        var (migrated, migration) = await silo.RunAsync(["migrate"]);
        Assert.True(migrated == 0, migration);
        var (waited, log) = await waiting;
        Assert.True(waited == 0, log);
    }

    private (ShopProcess Process, (int Silo, int Gateway, int Http) Ports) StartSilo()
    {
        var ports = (Silo: TcpPort.Free(), Gateway: TcpPort.Free(), Http: TcpPort.Free());
        return (Kept(silo.Start(
            $"silo {ports.Silo}", ("Silo__MigrateAtStart", "false"), ("Silo__SiloPort", $"{ports.Silo}"),
            ("Silo__GatewayPort", $"{ports.Gateway}"),
            ("Silo__HttpPort", $"{ports.Http}"), ("Silo__HttpAddress", "127.0.0.1"), ("Accounts__PasswordHashIterations", "10000"))),
            ports);
    }

    private ShopProcess StartApi(int port, int metricsPort) => Kept(api.Start(
        $"api {port}", ("ASPNETCORE_URLS", $"http://127.0.0.1:{port}"), ("Telemetry__MetricsPort", $"{metricsPort}"),
        ("Auth__KeyFile", Path.Combine(secrets, "auth-keys.pem")), ("RateLimits__Enabled", "false")));

    private ShopProcess Kept(ShopProcess process)
    {
        processes.Add(process);
        return process;
    }

    /// <summary>Waits until a process is ready, and asks then as the container engine would.</summary>
    private static async Task HealthyAsync(LaidOutImage image, ShopProcess process, int port)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Until.TrueAsync($"{process.Name} is ready", TimeSpan.FromMinutes(2), async () =>
        {
            if (process.HasExited)
                throw new InvalidOperationException($"{process.Name} ended with {process.ExitCode}:\n{process.Log}");
            return (int?)(await Buyer.TryAsync(() => new ApiClient(http).GetAsync("//health/ready")))?.Status == 200;
        });
        var (code, output) = await image.CheckHealthAsync(port);
        Assert.True(code == 0, output);
    }

    private static void RunsAsNobody(ShopProcess process)
    {
        var status = File.ReadLines($"/proc/{process.Id}/status").Where(l =>
            l.StartsWith("Uid:", StringComparison.Ordinal) || l.StartsWith("CapEff:", StringComparison.Ordinal))
            .Select(l => l.Split('\t')).ToDictionary(l => l[0], l => l[1]);
        Assert.NotEqual("0", status["Uid:"]);
        if (Environment.UserName == "root")
            Assert.Equal("1654", status["Uid:"]);
        Assert.Equal(0UL, ulong.Parse(status["CapEff:"], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    /// <summary>Everything that probes, monitors and autoscalers of the manifests ask.</summary>
    private static async Task WatchersAreAnsweredAsync(HttpClient http, int siloPort, int apiPort, int metricsPort)
    {
        var overlay = await Manifests.RenderAsync("dev");
        foreach (var (component, ports) in (Dictionary<string, Dictionary<string, int>>)new()
        {
            ["silo"] = new() { ["http"] = siloPort },
            ["api"] = new() { ["http"] = apiPort, ["metrics"] = metricsPort },
        })
        {
            var container = overlay.Component(component).Pod.Containers[0];
            foreach (var probe in new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe })
                Assert.Equal(
                    HttpStatusCode.OK,
                    (await http.GetAsync($"http://127.0.0.1:{ports[probe.HttpGet.Port.Value]}{probe.HttpGet.Path}")).StatusCode);
            var endpoint = overlay.One<ServiceMonitor>($"soonshop-{component}").Spec.Endpoints.Single();
            var metrics = await http.GetStringAsync($"http://127.0.0.1:{ports[endpoint.Port]}{endpoint.Path}");
            var scaled = overlay.One<k8s.Models.V2HorizontalPodAutoscaler>($"soonshop-{component}")
                .Spec.Metrics.Where(m => m.Pods is not null).Select(m => m.Pods.Metric.Name);
            Assert.All(scaled, metric => Assert.Contains($"\n{metric}", metrics, StringComparison.Ordinal));
        }
    }

    /// <summary>SIGTERM: the process finishes what is under way and ends well, in time.</summary>
    private static async Task StopAsync(ShopProcess process)
    {
        await Repository.RunAsync("kill", "-TERM", $"{process.Id}");
        await process.WaitForExitAsync(StopLimit);
        Assert.True(process.ExitCode == 0, $"{process.Name} ended with {process.ExitCode}:\n{process.Log}");
    }

    private static IEnumerable<string> Files(LaidOutImage image) =>
        Directory.EnumerateFileSystemEntries(image.Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
}
