using SoonShop.Tests.Operations;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>
/// PostgreSQL on a new folder, a silo and a front end, with the settings that <c>run.sh</c> gives them. Three differ: rate limits are out
/// of reach, because all buyers come from one address and the limits of development end at 500 checkouts a second; no integrity check
/// begins during a level of load, because one that does would be counted as the checkouts'; and the silo's HTTP port is a free one.
/// </summary>
internal sealed class MeasuredShop : IAsyncDisposable
{
    private const string AdminEmail = "admin@soonshop.dev";
    private const string AdminPassword = "Admin-Pa55word";
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan QuietLimit = TimeSpan.FromMinutes(5);

    /// <summary>For a version whose tables cannot be asked how much is left to do.</summary>
    private static readonly TimeSpan FixedWait = TimeSpan.FromSeconds(20);

    private readonly PostgresServer server;
    private readonly string folder;
    private readonly int siloPort = TcpPort.Free(), gatewayPort = TcpPort.Free(), siloHttpPort = TcpPort.Free();
    private ShopProcess silo = null!, frontEnd = null!;
    private HttpClient http = null!;

    private MeasuredShop(PostgresServer server, string folder) => (this.server, this.folder) = (server, folder);

    /// <summary>The front end's port.</summary>
    public int Port { get; } = TcpPort.Free();

    /// <summary>For the administrator.</summary>
    public ApiClient Admin { get; private set; } = null!;

    /// <summary>The database, as its superuser sees it.</summary>
    public DatabaseProbe Database { get; private set; } = null!;

    /// <summary>The process of the silo.</summary>
    public int SiloId => silo.Id;

    /// <summary>The process of the front end.</summary>
    public int FrontEndId => frontEnd.Id;

    /// <summary>Where mails are written.</summary>
    public string Mail => Path.Combine(folder, "mail");

    /// <summary>Starts everything; ready to sell.</summary>
    public static async Task<MeasuredShop> StartAsync(ShopBuild build)
    {
        var name = $"cost-{Guid.NewGuid():N}"[..13];
        var shop = new MeasuredShop(await PostgresServer.StartAsync(name), Path.Combine(Repository.TestData, name));
        try
        {
            shop.Database = await DatabaseProbe.OpenAsync(shop.server);
            await shop.StartProcessesAsync(build);
            return shop;
        }
        catch
        {
            await shop.DisposeAsync();
            throw;
        }
    }

    /// <summary>The metrics of the silo.</summary>
    public Task<PrometheusText> SiloMetricsAsync() => PrometheusText.ScrapeAsync(new Uri($"http://127.0.0.1:{siloHttpPort}"));

    /// <summary>Streams that the silo's readers of queues know, because they had an event lately.</summary>
    public async Task<double> LiveStreamsAsync() => (await SiloMetricsAsync()).Sum("orleans_streams_persistent_stream_pubsub_cache_size");

    /// <summary>The metrics of the front end.</summary>
    public Task<PrometheusText> FrontEndMetricsAsync() => PrometheusText.ScrapeAsync(http.BaseAddress!);

    /// <summary>Makes products with more stock than is ever bought; answers their SKUs.</summary>
    public async Task<string[]> CreateProductsAsync(int count, int stock = 10_000_000)
    {
        var skus = new string[count];
        for (var i = 0; i < count; i++)
            skus[i] = await Admin.CreateProductAsync(stock);
        return skus;
    }

    /// <summary>
    /// Waits until everything is done that the load has set off: events delivered, also those that are due within a minute, mails written.
    /// </summary>
    public async Task QuietAsync()
    {
        if (await Database.BacklogAsync() is null)
            await Task.Delay(FixedWait);
        else
            await Until.TrueAsync("nothing is left to do", QuietLimit, async () =>
            {
                await Task.Delay(250);
                return await Database.BacklogAsync() is 0;
            });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { frontEnd, silo })
        {
            if (process is not null)
                await process.DisposeAsync();
        }
        http?.Dispose();
        if (Database is not null)
            await Database.DisposeAsync();
        await server.StopAsync();
        Directory.Delete(folder, recursive: true);
    }

    private async Task StartProcessesAsync(ShopBuild build)
    {
        var url = $"http://127.0.0.1:{Port}";
        var siloReady = new Uri($"http://127.0.0.1:{siloHttpPort}/health/ready");
        var common = new Dictionary<string, string?>
        {
            ["DOTNET_ENVIRONMENT"] = "Development",
            ["ConnectionStrings__soonshop"] = server.ConnectionString,
        };
        silo = ShopProcess.Start(build.Silo, $"silo {siloPort}", new(common)
        {
            ["Silo__SiloPort"] = $"{siloPort}",
            ["Silo__GatewayPort"] = $"{gatewayPort}",
            ["Silo__HttpPort"] = $"{siloHttpPort}",
            ["Notifications__Email__Directory"] = Mail,
            ["Notifications__PublicUrl"] = url,
            // The name that earlier versions know too.
            ["Audit__EveryMinutes"] = "0",
        });
        http = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(60) };
        var environment = new Dictionary<string, string?>(common) { ["ASPNETCORE_URLS"] = url, ["Auth__Keys"] = TestKey.OfShops.Setting };
        foreach (var limit in (string[])["Checkout", "Writes", "Reads", "Admin"])
            environment[$"RateLimits__{limit}__Requests"] = "1000000";
        // As run.sh does: the front end once the silo takes calls.
        await Until.TrueAsync("the silo is ready", StartLimit, () => AnswersAsync(silo, siloReady));
        frontEnd = ShopProcess.Start(build.FrontEnd, $"api {Port}", environment);
        await Until.TrueAsync("the front end is ready", StartLimit, () => AnswersAsync(frontEnd, new Uri($"{url}/health/ready")));
        await Until.TrueAsync("the administrator signs in", StartLimit, async () =>
        {
            var reply = await new ApiClient(http).PostAsync("/auth/login", new { email = AdminEmail, password = AdminPassword });
            if ((int)reply.Status == 200)
                Admin = new ApiClient(http, reply.Text("accessToken"));
            return Admin is not null;
        });
    }

    private async Task<bool> AnswersAsync(ShopProcess process, Uri address)
    {
        if (process.HasExited)
            throw new InvalidOperationException($"{process.Name} ended with {process.ExitCode}:\n{process.Log}");
        try
        {
            using var response = await http.GetAsync(address);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
