using System.Collections.Concurrent;
using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// Checkouts over HTTP through the real processes, everything durable: open a cart, add a line, order with address and
/// payment. <c>./test.sh bench CheckoutBenchmark</c>
/// </summary>
public sealed class CheckoutBenchmark(ITestOutputHelper output)
{
    private const int Products = 200;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);

    [Fact(Explicit = true)]
    public async Task checkouts_a_second()
    {
        var (shop, api) = await Shop.StartAsync();
        await using var _ = shop;
        await Until.TrueAsync("the administrator exists", TimeSpan.FromSeconds(20), async () =>
            (int)(await api.PostAsync("/auth/login", new { email = Shop.AdminEmail, password = Shop.AdminPassword })).Status == 200);
        var admin = await api.AsAdminAsync();
        var skus = new string[Products];
        for (var i = 0; i < Products; i++)
            skus[i] = await admin.CreateProductAsync(stock: 1_000_000);
        await RunAsync(api, 8, skus, WarmUp);
        foreach (var clients in (int[])[1, 8, 32])
            output.WriteLine($"{clients,2} clients, {Products} SKUs: {await RunAsync(api, clients, skus, Duration)}");
        output.WriteLine($"32 clients, one hot SKU: {await RunAsync(api, 32, [skus[0]], Duration)}");
    }

    private static async Task<string> RunAsync(ApiClient api, int clients, string[] skus, TimeSpan duration)
    {
        var milliseconds = new ConcurrentBag<double>();
        var failures = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (watch.Elapsed < duration)
            {
                var start = watch.Elapsed;
                var guest = await api.AsGuestAsync();
                await guest.FillCartAsync(skus[Random.Shared.Next(skus.Length)]);
                var order = await guest.OrderAsync();
                if ((int)order.Status == 201)
                    milliseconds.Add((watch.Elapsed - start).TotalMilliseconds);
                else
                    Interlocked.Increment(ref failures);
            }
        }));
        var sorted = milliseconds.Order().ToArray();
        return $"{sorted.Length / watch.Elapsed.TotalSeconds,6:F0} checkouts/s, p50 {sorted[sorted.Length / 2]:F1} ms, p99 {sorted[(int)(sorted.Length * 0.99)]:F1} ms, {failures} failed";
    }
}
