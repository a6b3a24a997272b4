using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// Reads of a hot product and of a search, with what front ends keep in memory and without, in turn.
/// <c>./test.sh bench CatalogBenchmark</c>
/// </summary>
public sealed class CatalogBenchmark(ITestOutputHelper output)
{
    private const int Clients = 32;
    private const int Rounds = 3;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    [Fact(Explicit = true)]
    public async Task reads_a_second()
    {
        var (shop, cached) = await Shop.StartProcessesAsync();
        await using var _ = shop;
        var admin = await cached.AsAdminAsync();
        var sku = await admin.CreateProductAsync();
        for (var i = 0; i < 50; i++)
            await admin.CreateProductAsync(stock: 10);
        var (asking, _) = await shop.StartApiProcessAsync(null, ("Caching__Enabled", "false"));
        foreach (var path in (string[])[$"/products/{sku}", "/products?q=test"])
        {
            await RunAsync(cached, path);
            await RunAsync(asking, path);
            for (var round = 1; round <= Rounds; round++)
            {
                var (with, without) = (await RunAsync(cached, path), await RunAsync(asking, path));
                output.WriteLine($"{path}, {Clients} clients, round {round}: {with,6:F0} reads/s with memory, {without,6:F0} without: "
                    + $"{with / without:F1} times");
            }
        }
    }

    private static async Task<double> RunAsync(ApiClient api, string path)
    {
        var reads = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            while (watch.Elapsed < Duration)
            {
                using var response = await api.Http.GetAsync($"/api/v1{path}");
                response.EnsureSuccessStatusCode();
                Interlocked.Increment(ref reads);
            }
        }));
        return reads / watch.Elapsed.TotalSeconds;
    }
}
