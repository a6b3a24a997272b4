using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// What becomes of a shop that is asked for more than it can do. Requests come when they come (open loop, at random), whether earlier ones
/// were answered or not, and each one's latency counts from when it was to be sent: nothing is hidden by a generator that waits. First the
/// rate that the shop sustains, then 50 to 300 % of it, with load shedding and without. <c>./test.sh bench OverloadBenchmark</c>
/// </summary>
public sealed class OverloadBenchmark(ITestOutputHelper output)
{
    private const int Products = 100;
    private const int Guests = 400;

    /// <summary>What the generator can hold; more is counted as unanswered.</summary>
    private const int MaxOutstanding = 20_000;

    private const int MaxSteps = 14;

    /// <summary>New processes get faster for some time: they are warm when one window brings no tenth more than the one before.</summary>
    private static readonly TimeSpan WarmUpWindow = TimeSpan.FromSeconds(8);

    private const int MaxWarmUpWindows = 8;

    private static readonly TimeSpan Search = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Level = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Sustained = TimeSpan.FromMilliseconds(500);

    private enum Result { Admitted, Refused, Failed }

    [Fact(Explicit = true)]
    public async Task load_from_half_to_three_times_what_the_shop_sustains()
    {
        int? rate = null;
        foreach (var shedding in (bool[])[true, false])
        {
            var (shop, api) = await Shop.StartProcessesAsync(
                ("Admission__Enabled", $"{shedding}"), ("Admission__InitialLimit", "64"), ("Admission__MinLimit", "16"),
                ("RateLimits__Enabled", "false"), ("Logging__LogLevel__Default", "Error"));
            await using var _ = shop;
            var load = await Load.PrepareAsync(api);
            await WarmUpAsync(load);
            rate ??= await FindRateAsync(load);
            output.WriteLine($"Load shedding {(shedding ? "on" : "off")}; 100 % is {rate} requests/s");
            output.WriteLine("   load  offered/s  admitted/s  refused/s  failed/s | admitted p50      p95       p99 | refused p50    p99");
            foreach (var percent in (int[])[50, 100, 150, 200, 300])
                output.WriteLine($"  {percent,3} %  {await load.OpenAsync(rate.Value * percent / 100, Level)}");
        }
    }

    private async Task WarmUpAsync(Load load)
    {
        var (before, now) = (0, await load.ClosedAsync(32, WarmUpWindow));
        for (var window = 1; window < MaxWarmUpWindows && now > 1.1 * before; window++)
            (before, now) = (now, await load.ClosedAsync(32, WarmUpWindow));
        output.WriteLine($"  warm: {now} requests/s of 32 clients that wait for their answers");
    }

    /// <summary>
    /// The highest rate at which nothing to speak of is refused, and nineteen of twenty are answered within half a second: from what some
    /// clients reach that wait for their answers, down until it is sustained, or up until it is not any more.
    /// </summary>
    private async Task<int> FindRateAsync(Load load)
    {
        double rate = await load.ClosedAsync(32, Search);
        double sustained = 0;
        for (var step = 0; step < MaxSteps; step++)
        {
            // A pause of the machine is not the shop's: what fails is tried once more.
            var holds = await HoldsAsync() || await HoldsAsync();
            if (holds)
                sustained = rate;
            else if (sustained > 0)
                break;
            rate *= holds ? 1.25 : 0.8;
        }
        return (int)(sustained > 0 ? sustained : rate);

        async Task<bool> HoldsAsync()
        {
            var figures = await load.OpenAsync((int)rate, Search);
            output.WriteLine($"  tried {figures}");
            return figures.AdmittedP95 < Sustained.TotalMilliseconds && figures.Refused + figures.Failed < 0.01 * figures.Offered;
        }
    }

    private sealed record Figures(
        double Offered, double Admitted, double Refused, double Failed, double AdmittedP50, double AdmittedP95, double AdmittedP99,
        double RefusedP50, double RefusedP99)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{Offered,9:F0}  {Admitted,10:F0}  {Refused,9:F0}  {Failed,8:F0} | {AdmittedP50,9:F0} ms {AdmittedP95,6:F0} ms "
                + $"{AdmittedP99,6:F0} ms | {RefusedP50,7:F0} ms {RefusedP99,6:F0} ms");
    }

    /// <summary>
    /// A mix: half of the requests read a product, and one in seven is an order; carts are filled and read, and products searched.
    /// </summary>
    private sealed class Load(HttpClient http, string[] skus, ConcurrentQueue<string> empty)
    {
        private readonly ConcurrentQueue<string> full = [];

        public static async Task<Load> PrepareAsync(ApiClient api)
        {
            var admin = await api.AsAdminAsync();
            var skus = new string[Products];
            for (var i = 0; i < skus.Length; i++)
                skus[i] = await admin.CreateProductAsync(stock: 10_000_000);
            var carts = new ConcurrentQueue<string>();
            for (var i = 0; i < Guests; i++)
                carts.Enqueue((await api.AsGuestAsync()).CartId!);
            // Not the client of the tests: connections are not what is to run short.
            var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1000, UseProxy = false })
            {
                BaseAddress = api.Http.BaseAddress,
                Timeout = TimeSpan.FromSeconds(30),
            };
            return new Load(http, skus, carts);
        }

        /// <summary>Clients that each wait for their answer; requests answered a second.</summary>
        public async Task<int> ClosedAsync(int clients, TimeSpan duration)
        {
            var answered = 0;
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
            {
                while (clock.Elapsed < duration)
                {
                    if (await SendAsync() == Result.Admitted)
                        Interlocked.Increment(ref answered);
                }
            }));
            return (int)(answered / clock.Elapsed.TotalSeconds);
        }

        /// <summary>Requests at random moments, so many a second on average.</summary>
        public async Task<Figures> OpenAsync(int perSecond, TimeSpan duration)
        {
            var results = new ConcurrentQueue<(Result Result, double Ms)>();
            var outstanding = 0;
            var offered = 0;
            var clock = Stopwatch.StartNew();
            var due = TimeSpan.Zero;
            var pending = new List<Task>((int)(perSecond * duration.TotalSeconds * 1.1));
            while (due < duration)
            {
                while (due <= clock.Elapsed && due < duration)
                {
                    offered++;
                    if (Interlocked.Increment(ref outstanding) > MaxOutstanding)
                    {
                        Interlocked.Decrement(ref outstanding);
                        results.Enqueue((Result.Failed, 0));
                    }
                    else
                    {
                        pending.Add(TimedAsync(due));
                    }
                    due += TimeSpan.FromSeconds(-Math.Log(1 - Random.Shared.NextDouble()) / perSecond);
                }
                await Task.Delay(1);
            }
            await Task.WhenAll(pending);
            var seconds = duration.TotalSeconds;
            double Count(Result result) => results.Count(r => r.Result == result) / seconds;
            double Percentile(Result result, double p)
            {
                var sorted = results.Where(r => r.Result == result).Select(r => r.Ms).Order().ToArray();
                return sorted.Length == 0 ? 0 : sorted[(int)((sorted.Length - 1) * p)];
            }
            return new Figures(
                offered / seconds, Count(Result.Admitted), Count(Result.Refused), Count(Result.Failed),
                Percentile(Result.Admitted, 0.5), Percentile(Result.Admitted, 0.95), Percentile(Result.Admitted, 0.99),
                Percentile(Result.Refused, 0.5), Percentile(Result.Refused, 0.99));

            async Task TimedAsync(TimeSpan scheduled)
            {
                await Task.Yield();
                var result = await SendAsync();
                results.Enqueue((result, (clock.Elapsed - scheduled).TotalMilliseconds));
                Interlocked.Decrement(ref outstanding);
            }
        }

        private async Task<Result> SendAsync()
        {
            var sku = skus[Random.Shared.Next(skus.Length)];
            return Random.Shared.Next(20) switch
            {
                < 10 => await SendAsync(HttpMethod.Get, $"/api/v1/products/{sku}"),
                < 12 => await SendAsync(HttpMethod.Get, "/api/v1/products?q=product&limit=10"),
                < 14 when full.TryPeek(out var cart) => await SendAsync(HttpMethod.Get, "/api/v1/cart", cart),
                < 17 when full.TryDequeue(out var cart) => await OrderAsync(cart),
                _ => await FillAsync(sku),
            };
        }

        private async Task<Result> OrderAsync(string cart)
        {
            var result = await SendAsync(HttpMethod.Post, "/api/v1/orders", cart, new JsonObject
            {
                ["email"] = "ada@example.com",
                ["paymentMethod"] = "pm_card_visa",
                ["shippingAddress"] = new JsonObject
                {
                    ["name"] = "Ada Lovelace",
                    ["line1"] = "12 St James Sq",
                    ["city"] = "Springfield",
                    ["region"] = "IL",
                    ["postalCode"] = "62701",
                    ["country"] = "US",
                },
            });
            (result == Result.Admitted ? empty : full).Enqueue(cart);
            return result;
        }

        /// <summary>
        /// A line into a cart; where all carts are busy, a new cart: what is asked for must not get cheaper because answers are late.
        /// </summary>
        private async Task<Result> FillAsync(string sku)
        {
            if (!empty.TryDequeue(out var cart))
                return await SendAsync(HttpMethod.Post, "/api/v1/carts", answer: body => empty.Enqueue(body["id"]!.GetValue<string>()));
            var result = await SendAsync(HttpMethod.Put, $"/api/v1/cart/items/{sku}", cart, new JsonObject { ["quantity"] = 1 });
            (result == Result.Admitted ? full : empty).Enqueue(cart);
            return result;
        }

        private async Task<Result> SendAsync(
            HttpMethod method, string path, string? cart = null, JsonObject? body = null, Action<JsonNode>? answer = null)
        {
            using var request = new HttpRequestMessage(method, path);
            if (cart is not null)
                request.Headers.TryAddWithoutValidation("X-Cart-Id", cart);
            if (body is not null)
            {
                request.Content = JsonContent.Create(body);
                if (method == HttpMethod.Post)
                    request.Headers.TryAddWithoutValidation("Idempotency-Key", Guid.NewGuid().ToString());
            }
            try
            {
                using var response = await http.SendAsync(request);
                if (response.IsSuccessStatusCode)
                    answer?.Invoke((await response.Content.ReadFromJsonAsync<JsonNode>())!);
                return (int)response.StatusCode switch { < 300 => Result.Admitted, 503 => Result.Refused, _ => Result.Failed };
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                return Result.Failed;
            }
        }
    }
}
