using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>Who watches sees a silo come and go.</summary>
[Collection(nameof(RunningShop))]
public sealed class SiloHttpTests(RunningShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task a_silo_whose_http_port_is_taken_does_not_join()
    {
        var port = TcpPort.Free();
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => shop.Shop.StartSiloProcessAsync(ports: (port, TcpPort.Free()), httpPort: shop.Shop.SiloHttp.Port));
        Assert.Contains("ended with 69", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Silo__HttpPort", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await shop.Shop.QueryAsync<long>("select count(*) from cluster_member where port = $1", port));
    }

    [Fact]
    public async Task a_silo_says_that_it_leaves_until_it_has_left()
    {
        var port = TcpPort.Free();
        await using var silo = await shop.Shop.StartSiloProcessAsync(ports: (TcpPort.Free(), TcpPort.Free()), httpPort: port);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Until.TrueAsync("the silo is ready", Limit, async () => await AskAsync(http, "/health/ready") == 200);
        var stopped = silo.StopAsync();
        // Each beside what says that the silo still lives, at the same time.
        var (ready, dashboard) = (new HashSet<(int? Live, int? Ready)>(), new HashSet<(int? Live, int? Dashboard)>());
        while (!stopped.IsCompleted)
        {
            var said = await Task.WhenAll(AskAsync(http, "/health/live"), AskAsync(http, "/health/ready"), AskAsync(http, "/dashboard"));
            ready.Add((said[0], said[1]));
            dashboard.Add((said[0], said[2]));
        }
        await stopped;
        Assert.Equal(0, silo.ExitCode);
        Assert.Contains((200, 503), ready);
        Assert.Contains((200, 503), dashboard);
        await Until.TrueAsync("the other silo has seen it go", Limit, async () =>
            (await PrometheusText.ScrapeAsync(shop.Shop.SiloHttp)).Sum("soonshop_cluster_silos", ("status", "active")) == 1);
        Assert.Equal(0, (await PrometheusText.ScrapeAsync(shop.Shop.SiloHttp)).Sum("soonshop_cluster_silos_lost_total"));
    }

    private static async Task<int?> AskAsync(HttpClient http, string path)
    {
        try
        {
            using var response = await http.GetAsync(path, TestContext.Current.CancellationToken);
            return (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
