using System.Diagnostics;
using SoonShop.ApiFrontend.Grpc.V1;
using SoonShop.Tests.Grpc;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// The same requests over HTTP and over gRPC, in turns: how many a second some clients get answered that wait for their answers, and the
/// processor time of the front end for each. <c>./test.sh bench GrpcBenchmark</c>
/// </summary>
public sealed class GrpcBenchmark(ITestOutputHelper output)
{
    private const int Clients = 8;
    private const int Rounds = 6;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(4);

    [Fact(Explicit = true)]
    public async Task products_and_checkouts_over_http_and_over_grpc()
    {
        await using var shop = await Shop.CreateAsync(null, ("RateLimits__Enabled", "false"), ("Logging__LogLevel__Default", "Error"));
        await shop.StartSiloProcessAsync();
        var (http, grpc) = (TcpPort.Free(), TcpPort.Free());
        var (api, process) = await shop.StartApiProcessAsync(http, GrpcShop.Settings(http, grpc));
        using var clients = new GrpcClients(grpc);
        var admin = await api.AsAdminAsync();
        var sku = await admin.CreateProductAsync(stock: 1_000_000);

        await CompareAsync("GetProduct", process,
            async _ => Assert.Equal(200, (int)(await api.GetAsync($"/products/{sku}")).Status),
            async _ => await clients.Catalog.GetProductAsync(new GetProductRequest { Sku = sku }));
        await CompareAsync("SetItem and PlaceOrder", process,
            async guest =>
            {
                Assert.Equal(200, (int)(await guest.FillCartAsync(sku)).Status);
                Assert.Equal(201, (int)(await guest.OrderAsync()).Status);
            },
            async guest =>
            {
                await clients.Carts.SetItemAsync(new SetItemRequest { Sku = sku, Quantity = 1 }, guest.Metadata());
                await clients.Orders.PlaceOrderAsync(GrpcPurchaseTests.Request(), guest.Metadata(Guid.NewGuid().ToString()));
            });

        async Task CompareAsync(string what, ShopProcess frontEnd, Func<ApiClient, Task> overHttp, Func<ApiClient, Task> overGrpc)
        {
            var guests = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => api.AsGuestAsync()));
            List<(double PerSecond, double Microseconds)> first = [], second = [];
            // The first round warms up.
            for (var round = 0; round <= Rounds; round++)
            {
                var (one, other) = (await RunAsync(guests, frontEnd, overHttp), await RunAsync(guests, frontEnd, overGrpc));
                if (round == 0)
                    continue;
                first.Add(one);
                second.Add(other);
            }
            output.WriteLine($"{what}: HTTP {Text(first)}, gRPC {Text(second)}");
            output.WriteLine($"  gRPC : HTTP = {Median(second.Zip(first, (g, h) => g.PerSecond / h.PerSecond)):F2} in rate, "
                + $"{Median(second.Zip(first, (g, h) => g.Microseconds / h.Microseconds)):F2} in the front end's processor time");
        }
    }

    private static async Task<(double PerSecond, double Microseconds)> RunAsync(
        ApiClient[] guests, ShopProcess frontEnd, Func<ApiClient, Task> request)
    {
        using var process = Process.GetProcessById(frontEnd.Id);
        var (used, started) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
        var counts = await Task.WhenAll(guests.Select(async guest =>
        {
            var count = 0;
            for (; Stopwatch.GetElapsedTime(started) < Window; count++)
                await request(guest);
            return count;
        }));
        var took = Stopwatch.GetElapsedTime(started);
        process.Refresh();
        return (counts.Sum() / took.TotalSeconds, (process.TotalProcessorTime - used).TotalMicroseconds / counts.Sum());
    }

    private static string Text(List<(double PerSecond, double Microseconds)> runs) =>
        $"{Median(runs.Select(r => r.PerSecond)):F0}/s with {Median(runs.Select(r => r.Microseconds)):F0} µs each";

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
