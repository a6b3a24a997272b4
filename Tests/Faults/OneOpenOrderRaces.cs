using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>
/// Carts whose customer proves who they are to the bank, for the first order, at the same moment as they place a second one. One of the two
/// is bought; the provider decides which.
/// </summary>
internal static class OneOpenOrderRaces
{
    /// <summary>Which of the two orders was bought, how often.</summary>
    internal sealed record Outcome(int First, int Second);

    /// <summary>Runs races on new carts, and asserts of each that one order is captured; of all, that stock and money agree.</summary>
    /// <param name="shop">The shop.</param>
    /// <param name="api">A front end.</param>
    /// <param name="admin">The administrator.</param>
    /// <param name="carts">Races at a time.</param>
    /// <param name="rounds">Races one after another.</param>
    public static async Task<Outcome> RunAsync(Shop shop, ApiClient api, ApiClient admin, int carts, int rounds)
    {
        var sku = await admin.CreateProductAsync(stock: carts * rounds);
        var races = await Task.WhenAll(Enumerable.Range(0, carts).Select(async cart =>
        {
            var random = new Random(cart);
            var ids = new List<(Guid First, Guid Second, bool FirstWon)>();
            for (var round = 0; round < rounds; round++)
                ids.Add(await RaceAsync(await Buyer.ArriveAsync(api, sku), random.Next(-40, 40)));
            return ids;
        }));
        var all = races.SelectMany(r => r).ToArray();
        foreach (var (first, second, firstWon) in all)
        {
            var ended = (await InvariantChecker.StatusAsync(shop, first), await InvariantChecker.StatusAsync(shop, second));
            Assert.Equal(firstWon ? ("confirmed", "none") : ("cancelled", "confirmed"), ended);
            Assert.Equal(1L, await shop.QueryAsync<long>(
                "select count(*) from simulated_payment where order_id in ($1, $2) and status = 'captured'", first, second));
        }
        await Until.TrueAsync("what was bought is reserved, and nothing else is", TimeSpan.FromSeconds(60), async () =>
        {
            var level = await Buyer.AskAsync(() => admin.GetAsync($"/inventory/{sku}"));
            return (level.Number("onHand"), level.Number("reserved")) == (carts * rounds, carts * rounds);
        });
        return new Outcome(all.Count(r => r.FirstWon), all.Count(r => !r.FirstWon));
    }

    /// <summary>One race; who is given a head start waits for nothing.</summary>
    private static async Task<(Guid First, Guid Second, bool FirstWon)> RaceAsync(Buyer buyer, int headStartMs)
    {
        var placed = await buyer.OrderAsync("pm_card_authenticationRequired");
        Assert.True(placed.Text("status") == "awaitingPayment", placed.Body);
        var next = buyer with { Key = Guid.NewGuid().ToString() };
        async Task<Reply> AuthenticateAsync()
        {
            await Task.Delay(Math.Max(0, headStartMs));
            return await Buyer.AskAsync(() => buyer.Guest.PostAsync($"/simulated-payments/{buyer.OrderId}/authenticate"));
        }
        var authenticated = AuthenticateAsync();
        await Task.Delay(Math.Max(0, -headStartMs));
        var ordered = await next.OrderAsync();
        var proven = await authenticated;
        // The first may be paid, and gone from the cart, before the second is asked for.
        var bought = ordered.Code == "cart-empty" ? buyer.OrderId : Guid.Parse(ordered.Text("id"));
        Assert.True(ordered.Code == "cart-empty" || ((int)ordered.Status == 201 && ordered.Text("status") == "confirmed"), ordered.Body);
        Assert.Contains(bought, (Guid[])[buyer.OrderId, next.OrderId]);
        Assert.True(bought == buyer.OrderId || (int)proven.Status == 409, $"{proven.Body}; {ordered.Body}");
        Assert.Empty((await Buyer.AskAsync(() => buyer.Guest.GetAsync("/cart")))["items"]!.AsArray());
        return (buyer.OrderId, next.OrderId, bought == buyer.OrderId);
    }

    /// <summary>The same in a shop of two silos, of which one at a time is killed and started again.</summary>
    internal static async Task RunUnderFireAsync(int carts, int rounds, TimeSpan pause, ITestOutputHelper output)
    {
        await using var shop = await Shop.CreateAsync(
            null, ("Checkout__CheckoutDueSeconds", "2"), ("Checkout__PaymentWindowMinutes", "10"));
        (int, int)[] ports = [(TcpPort.Free(), TcpPort.Free()), (TcpPort.Free(), TcpPort.Free())];
        ShopProcess[] silos = [await shop.StartSiloProcessAsync(ports: ports[0]), await shop.StartSiloProcessAsync(ports: ports[1])];
        var api = await shop.StartApiAsync();
        var admin = await api.AsAdminAsync();
        var clock = Stopwatch.StartNew();
        var races = RunAsync(shop, api, admin, carts, rounds);
        var kills = 0;
        while (!races.IsCompleted)
        {
            await Task.WhenAny(races, Task.Delay(pause));
            if (races.IsCompleted)
                break;
            var which = kills++ % silos.Length;
            await silos[which].KillAsync();
            silos[which] = await shop.StartSiloProcessAsync(ports: ports[which]);
        }
        var (first, second) = await races;
        output.WriteLine($"{carts * rounds} races in {clock.Elapsed.TotalSeconds:0} s, {kills} silos killed; bought: the first order "
            + $"{first} times, the second {second} times.");
        await InvariantChecker.AssertBalanceAsync(shop);
    }
}

public sealed class OneOpenOrderRaceTests(ITestOutputHelper output)
{
    [Fact]
    public Task one_of_two_orders_of_a_cart_is_bought_whatever_the_silos_do() =>
        OneOpenOrderRaces.RunUnderFireAsync(carts: 10, rounds: 8, TimeSpan.FromSeconds(4), output);
}

/// <summary>The same 500 times: <c>./test.sh soak OneOpenOrderSoak</c>.</summary>
public sealed class OneOpenOrderSoak(ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public Task five_hundred_races_of_two_orders_of_a_cart() =>
        OneOpenOrderRaces.RunUnderFireAsync(carts: 20, rounds: 25, TimeSpan.FromSeconds(10), output);
}
