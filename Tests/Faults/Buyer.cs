using System.Collections.Concurrent;
using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>A guest with a full cart and one Idempotency-Key, who asks again until the shop says how it ended.</summary>
internal sealed record Buyer(ApiClient Guest, string Key)
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(3);

    /// <summary>The order that this buyer's key makes.</summary>
    public Guid OrderId => Orders.OrderId.For(new Caller(null, Guid.Parse(Guest.CartId!), IsAdmin: false), Key);

    /// <summary>A new guest with one unit of each SKU.</summary>
    public static async Task<Buyer> ArriveAsync(ApiClient api, params IEnumerable<string> skus)
    {
        var cart = await AskAsync(() => api.PostAsync("/carts"));
        var guest = api with { AccessToken = null, CartId = cart.Text("id") };
        foreach (var sku in skus)
            Assert.Equal(200, (int)(await AskAsync(() => guest.FillCartAsync(sku))).Status);
        return new Buyer(guest, Guid.NewGuid().ToString());
    }

    /// <summary>Orders, as often as it takes to be told the outcome.</summary>
    public Task<Reply> OrderAsync(string paymentMethod = "pm_card_visa") => AskAsync(() => Guest.OrderAsync(Key, paymentMethod));

    /// <summary>Orders once; null when no answer came.</summary>
    public Task<Reply?> TryOrderAsync(string paymentMethod = "pm_card_visa") => TryAsync(() => Guest.OrderAsync(Key, paymentMethod));

    /// <summary>Repeats a request until its answer is about the request, and not about the shop's state.</summary>
    public static async Task<Reply> AskAsync(Func<Task<Reply>> request)
    {
        Reply? last = null;
        try
        {
            await Until.TrueAsync(
                "the shop answers", CallTimeout, async () => (last = await TryAsync(request)) is { } reply && IsFinal(reply));
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; the last answer: {last?.Body ?? "none"}");
        }
        return last!;
    }

    /// <summary>Sends a request; null when the connection broke or nobody answered in time.</summary>
    public static async Task<Reply?> TryAsync(Func<Task<Reply>> request)
    {
        try
        {
            return await request();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    private static bool IsFinal(Reply reply) =>
        (int)reply.Status != 503 && !((int)reply.Status == 409 && reply.Headers.ContainsKey("Retry-After"));
}

/// <summary>Buyers who come one after another, some at a time, until they are told to stop.</summary>
internal sealed class Crowd
{
    private static readonly TimeSpan CloseLimit = TimeSpan.FromMinutes(5);
    private readonly ConcurrentQueue<(Buyer Buyer, Reply Reply)> answered = new();
    private readonly ConcurrentQueue<Guid> asked = new();
    private readonly CancellationTokenSource closing = new();
    private readonly Shop shop;
    private readonly Task[] loops;

    public Crowd(Shop shop, ApiClient api, int size, Func<int, (string[] Skus, string PaymentMethod)> wish)
    {
        this.shop = shop;
        loops = [.. Enumerable.Range(0, size).Select(_ => LoopAsync(api, wish))];
    }

    /// <summary>Since the crowd came.</summary>
    public Stopwatch Clock { get; } = Stopwatch.StartNew();

    /// <summary>How many buyers know how it ended.</summary>
    public int Answered => answered.Count;

    /// <summary>Waits until so many more know.</summary>
    public async Task MoreAsync(int buyers)
    {
        var goal = Answered + buyers;
        try
        {
            await Until.TrueAsync($"{buyers} more buyers have their answer", TimeSpan.FromMinutes(5), async () =>
            {
                if (loops.FirstOrDefault(l => l.IsFaulted) is { } failed)
                    await failed;
                return Answered >= goal;
            });
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{shop.LastLogs}", e);
        }
    }

    /// <summary>Lets nobody else in, and waits for those who are there.</summary>
    public async Task CloseAsync()
    {
        await closing.CancelAsync();
        await Task.WhenAll(loops).EndsAsync("buyers who wait for their answers", CloseLimit);
    }

    /// <summary>Asserts that what buyers were told is so, that nobody was told anything else, and that the books balance.</summary>
    /// <param name="others">Orders that others made.</param>
    public async Task AssertKeptAsync(params IEnumerable<Guid> others)
    {
        await InvariantChecker.AssertBalanceAsync(shop, [.. asked, .. others]);
        foreach (var (buyer, reply) in answered)
        {
            var expected =
                (int)reply.Status switch { 201 => "confirmed", 402 => "awaitingPayment", 409 => "rejected", _ => "no such answer" };
            var actual = await InvariantChecker.StatusAsync(shop, buyer.OrderId);
            Assert.True(expected == actual, $"Order {buyer.OrderId} is {actual}. Its buyer was told {(int)reply.Status}: {reply.Body}");
            if ((int)reply.Status == 201)
                Assert.Equal(buyer.OrderId, Guid.Parse(reply.Text("id")));
        }
    }

    private async Task LoopAsync(ApiClient api, Func<int, (string[] Skus, string PaymentMethod)> wish)
    {
        while (!closing.IsCancellationRequested)
        {
            var (skus, paymentMethod) = wish(asked.Count);
            var buyer = await Buyer.ArriveAsync(api, skus);
            asked.Enqueue(buyer.OrderId);
            answered.Enqueue((buyer, await buyer.OrderAsync(paymentMethod)));
        }
    }
}
