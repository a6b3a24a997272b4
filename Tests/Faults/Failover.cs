using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>
/// A shop of two silos and two front ends, and shoppers who look, fill a cart and order, through one front end or, when that does not even
/// answer, through the other, as behind a load balancer. Every request is noted: when it was sent, how long it took, how it ended.
/// </summary>
internal sealed class Failover : IAsyncDisposable
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromMinutes(5);

    private readonly Shop shop;
    private readonly (int Silo, int Gateway) otherPorts = (TcpPort.Free(), TcpPort.Free());
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly ConcurrentQueue<Request> requests = [];
    private readonly ConcurrentQueue<(Guid Order, int Status)> acknowledged = [];
    private readonly CancellationTokenSource closing = new();
    private readonly List<string> report = [];
    private readonly ShopProcess[] silos = new ShopProcess[2];
    private readonly FrontEnd[] frontEnds = new FrontEnd[2];
    private Task[] shoppers = [];
    private int killedSilos;
    private int killedFrontEnds;

    private Failover(Shop shop) => this.shop = shop;

    private enum Outcome { Answered, Unavailable, Broken }

    /// <summary>Starts the shop and its shoppers.</summary>
    public static async Task<Failover> StartAsync(int clients)
    {
        var failover = new Failover(await Shop.CreateAsync(null, ("Checkout__CheckoutDueSeconds", "2")));
        try
        {
            await failover.OpenAsync(clients);
            return failover;
        }
        catch
        {
            await failover.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills something under load, waits until service is whole again, brings it back, and notes how that went.</summary>
    public async Task KillAsync(string what, Func<Task<Func<Task>>> kill)
    {
        await ServedAsync();
        var (from, before) = (clock.Elapsed, requests.Count);
        var bringBack = await kill();
        await ServedAsync();
        var since = requests.Skip(before).Where(r => r.SentAt >= from - TimeSpan.FromSeconds(20)).ToArray();
        // What was under way at the kill counts, too.
        var failed = since.Where(r => r.Outcome != Outcome.Answered).ToArray();
        var recovery = failed.Length == 0 ? TimeSpan.Zero : failed.Max(r => r.SentAt + r.Took) - from;
        report.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{what} killed: {since.Length} requests until served again, {failed.Length} failed "
                + $"({100.0 * failed.Length / since.Length:F1} %: {failed.Count(f => f.Outcome == Outcome.Unavailable)} answered 503, "
                + $"{failed.Count(f => f.Outcome == Outcome.Broken)} connections broken), "
                + $"the last {Math.Max(0, recovery.TotalSeconds):F1} s after the kill; "
                + $"the slowest took {since.Max(r => r.Took).TotalSeconds:F1} s"));
        await bringBack();
        await ServedAsync();
    }

    /// <summary>Kills a silo, in turn; answers how to bring it back.</summary>
    public async Task<Func<Task>> KillSiloAsync()
    {
        var n = killedSilos++ % 2;
        await silos[n].KillAsync();
        return () => StartSiloAsync(n);
    }

    /// <summary>Kills a front end, in turn; answers how to bring it back.</summary>
    public async Task<Func<Task>> KillFrontEndAsync()
    {
        var n = killedFrontEnds++ % 2;
        await frontEnds[n].Process.KillAsync();
        return () => StartFrontEndAsync(n, frontEnds[n].Port);
    }

    /// <summary>Lets the shoppers go and asserts that what they were told is so; answers the report.</summary>
    public async Task<string> EndAsync()
    {
        await closing.CancelAsync();
        await Task.WhenAll(shoppers).EndsAsync("shoppers who wait for their answers", CloseLimit);
        foreach (var (order, status) in acknowledged)
            Assert.Equal(status == 201 ? "confirmed" : "none", await InvariantChecker.StatusAsync(shop, order));
        await InvariantChecker.AssertBalanceAsync(shop, [.. acknowledged.Select(a => a.Order)]);
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture, $"{requests.Count} requests and {acknowledged.Count} orders in {clock.Elapsed.TotalSeconds:F0} "
                + $"s; every acknowledged one is there.");
        report.ForEach(l => text.AppendLine(l));
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        try
        {
            await Task.WhenAll(shoppers).EndsAsync("shoppers who wait for their answers", CloseLimit);
        }
        catch (Exception)
        {
            // Told by whoever waited for it.
        }
        await shop.DisposeAsync();
        closing.Dispose();
    }

    private async Task OpenAsync(int clients)
    {
        await StartSiloAsync(0);
        await StartSiloAsync(1);
        await Until.TrueAsync("two silos are active", TimeSpan.FromSeconds(60), async () =>
            await shop.QueryAsync<long>("select count(*) from cluster_member where status = 3") == 2);
        await StartFrontEndAsync(0);
        await StartFrontEndAsync(1);
        var admin = await frontEnds[0].Api.AsAdminAsync();
        var skus = new string[20];
        for (var i = 0; i < skus.Length; i++)
            skus[i] = await admin.CreateProductAsync(stock: 1_000_000);
        shoppers = [.. Enumerable.Range(0, clients).Select(n => ShopAsync(new Shopper { FrontEnd = n }, skus))];
    }

    private async Task StartSiloAsync(int n) => silos[n] = await shop.StartSiloProcessAsync(ports: n == 0 ? shop.Ports : otherPorts);

    private async Task StartFrontEndAsync(int n, int? port = null)
    {
        port ??= TcpPort.Free();
        var (api, process) = await shop.StartApiProcessAsync(port);
        frontEnds[n] = new FrontEnd(api, process, port.Value);
    }

    /// <summary>Waits until, for some seconds, every request that ended was answered.</summary>
    private Task ServedAsync()
    {
        var since = clock.Elapsed;
        return Until.TrueAsync("every request is answered", RecoveryLimit, async () =>
        {
            if (shoppers.FirstOrDefault(s => s.IsFaulted) is { } faulted)
                await faulted;
            var from = clock.Elapsed - Settled;
            if (from < since)
                return false;
            var recent = requests.Where(r => r.SentAt + r.Took >= from).ToArray();
            return recent.Length > 0 && recent.All(r => r.Outcome == Outcome.Answered);
        });
    }

    private async Task ShopAsync(Shopper shopper, string[] skus)
    {
        while (!closing.IsCancellationRequested)
        {
            var sku = skus[Random.Shared.Next(skus.Length)];
            await AskAsync(shopper, api => api.GetAsync($"/products/{sku}"));
            var cart = (await AskAsync(shopper, api => api.PostAsync("/carts"))).Text("id");
            await AskAsync(shopper, api => (api with { CartId = cart }).FillCartAsync(sku));
            var key = Guid.NewGuid().ToString();
            var reply = await AskAsync(shopper, api => (api with { CartId = cart }).OrderAsync(key));
            var order = Orders.OrderId.For(new Caller(null, Guid.Parse(cart), IsAdmin: false), key);
            Assert.True((int)reply.Status == 201, $"{(int)reply.Status} {reply.Body}");
            Assert.Equal(order, Guid.Parse(reply.Text("id")));
            acknowledged.Enqueue((order, (int)reply.Status));
        }
    }

    /// <summary>Asks until there is an answer, the other front end when one is gone; each attempt is noted.</summary>
    private async Task<Reply> AskAsync(Shopper shopper, Func<ApiClient, Task<Reply>> request)
    {
        for (var attempt = 0; ; attempt++)
        {
            var start = clock.Elapsed;
            var reply = await Buyer.TryAsync(() => request(frontEnds[shopper.FrontEnd % 2].Api));
            var outcome = reply is null ? Outcome.Broken
                : (int)reply.Status == 503 || ((int)reply.Status == 409 && reply.Headers.ContainsKey("Retry-After"))
                    ? Outcome.Unavailable
                    : Outcome.Answered;
            requests.Enqueue(new Request(start, clock.Elapsed - start, outcome));
            if (outcome == Outcome.Answered)
                return reply!;
            if (outcome == Outcome.Broken)
                shopper.FrontEnd++;
            if (attempt > 1000)
                throw new TimeoutException($"No answer after {attempt} tries; the last: {reply?.Body ?? "none"}");
            await Task.Delay(100);
        }
    }

    /// <summary>Stays with a front end until that is gone, as a balancer would have it.</summary>
    private sealed class Shopper
    {
        public int FrontEnd { get; set; }
    }

    private sealed record Request(TimeSpan SentAt, TimeSpan Took, Outcome Outcome);

    private sealed record FrontEnd(ApiClient Api, ShopProcess Process, int Port);
}
