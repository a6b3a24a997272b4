using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using SoonShop.Catalog;
using SoonShop.Tests.Benchmarks.Cost;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// What a front end pays for a product or a search that it does not have in memory: a call of the cluster, as it makes it, or Redis as the
/// second level of <see cref="HybridCache"/>. In turn, with the processor time of all processes that have a part in it.
/// <c>./test.sh bench SecondLevelCacheBenchmark</c>
/// </summary>
public sealed class SecondLevelCacheBenchmark(ITestOutputHelper output)
{
    private const int Products = 500;
    private const int Rounds = 3;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    [Fact(Explicit = true)]
    public async Task misses_a_second()
    {
        var (shop, api) = await Shop.StartProcessesAsync();
        await using var _ = shop;
        await using var redis = new RedisServer();
        await redis.InitializeAsync();
        var admin = await api.AsAdminAsync();
        var skus = new string[Products];
        for (var i = 0; i < Products; i++)
            skus[i] = await admin.CreateProductAsync(stock: 10);
        // A client of the cluster in this process, as a front end is one.
        await shop.StartApiAsync();
        await using var services = Services(redis);
        var second = services.GetRequiredService<HybridCache>();
        var queries = Enumerable.Range(0, Products).Select(Query).ToArray();
        (string Name, Func<int, Task> Cluster, Func<int, Task> Redis)[] reads =
        [
            ("a product", i => ProductAsync(shop, skus[i]),
                i => ReadAsync(second, $"product/{skus[i]}", () => ProductAsync(shop, skus[i]))),
            ("a search", i => SearchAsync(shop, queries[i]), i => ReadAsync(second, $"search/{i}", () => SearchAsync(shop, queries[i]))),
        ];
        foreach (var (name, cluster, fromRedis) in reads)
        {
            foreach (var clients in (int[])[1, 32])
            {
                await RunAsync(clients, cluster, shop.Silo.Id);
                await RunAsync(clients, fromRedis, redis.ProcessId);
                for (var round = 1; round <= Rounds; round++)
                {
                    var (c, r) = (await RunAsync(clients, cluster, shop.Silo.Id), await RunAsync(clients, fromRedis, redis.ProcessId));
                    output.WriteLine($"{name}, {clients} at a time, round {round}: cluster {c}, Redis {r}; "
                        + $"rate {r.Rate / c.Rate:F2}, processor time {r.Microseconds / c.Microseconds:F2}");
                }
            }
        }
    }

    /// <summary>
    /// How many of the searches that front ends send to the cluster a cache that they share would spare. Shoppers search for one of 10,000
    /// texts, the most frequent ones as Zipf's law has it, and each cache keeps a result for its lifetime: a search that comes λ times a
    /// second, each time at random, is asked for again every lifetime + 1/λ seconds. Calculated, not measured.
    /// </summary>
    [Fact(Explicit = true)]
    public void searches_that_a_shared_cache_spares()
    {
        foreach (var frontEnds in (int[])[2, 8])
        {
            foreach (var rate in (int[])[20, 100, 400])
            {
                foreach (var lifetime in (double[])[2, 0.2])
                {
                    var spared = 1 - (Asked(rate * frontEnds, lifetime) / (frontEnds * Asked(rate, lifetime)));
                    output.WriteLine($"{frontEnds} front ends, {rate} searches a second each, results kept for {lifetime} s: {spared:P0}");
                }
            }
        }
    }

    /// <summary>Returns the searches a second that one cache sends on.</summary>
    private static double Asked(double rate, double lifetime)
    {
        var ranks = Enumerable.Range(1, 10_000).ToArray();
        var all = ranks.Sum(r => 1.0 / r);
        return ranks.Sum(r => 1 / (lifetime + (r * all / rate)));
    }

    private static ServiceProvider Services(RedisServer redis)
    {
        var services = new ServiceCollection();
        services.AddStackExchangeRedisCache(o => o.ConnectionMultiplexerFactory = () => Task.FromResult(redis.Connection));
        services.AddHybridCache(o => o.DefaultEntryOptions = new HybridCacheEntryOptions
        {
            // The first level is what the front end has already; here it is always missed.
            Flags = HybridCacheEntryFlags.DisableLocalCache,
            Expiration = TimeSpan.FromMinutes(5),
        });
        return services.BuildServiceProvider();
    }

    private static async Task ReadAsync(HybridCache cache, string key, Func<Task<byte[]>> ask) =>
        await cache.GetOrCreateAsync(key, async _ => await ask());

    private static async Task<byte[]> ProductAsync(Shop shop, string sku) => JsonSerializer.SerializeToUtf8Bytes(
        (await shop.Grains.GetGrain<IProductGrain>(Sku.GrainKey(sku)).GetAsync()).Value, JsonSerializerOptions.Web);

    private static async Task<byte[]> SearchAsync(Shop shop, ProductQuery query) => JsonSerializer.SerializeToUtf8Bytes(
        (await shop.Grains.GetGrain<IProductSearchGrain>(0).SearchAsync(query)).Value, JsonSerializerOptions.Web);

    /// <summary>Searches that differ, each for a hundred products.</summary>
    private static ProductQuery Query(int i) => new(
        "test", null, null, i, null, null, ProductSort.Relevance, new PageRequest(PageRequest.DefaultLimit));

    private static async Task<Measured> RunAsync(int clients, Func<int, Task> read, int other)
    {
        var reads = 0;
        var (own, others) = (ProcessorTime.Of(Environment.ProcessId), ProcessorTime.Of(other));
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            for (var i = client; watch.Elapsed < Duration; i++)
            {
                await read(i % Products);
                Interlocked.Increment(ref reads);
            }
        })));
        var seconds = watch.Elapsed.TotalSeconds;
        var processor = ProcessorTime.Of(Environment.ProcessId) - own + ProcessorTime.Of(other) - others;
        return new Measured(reads / seconds, processor * 1e6 / reads);
    }

    /// <param name="Rate">Reads a second.</param>
    /// <param name="Microseconds">Processor time of a read, in both processes, without PostgreSQL's.</param>
    private sealed record Measured(double Rate, double Microseconds)
    {
        public override string ToString() => $"{Rate:F0}/s, {Microseconds:F0} µs";
    }
}
