using SoonShop.Tests.Operations;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

public sealed class SecondSiloTests
{
    /// <summary>Orleans' SiloStatus.Active.</summary>
    private const string ActiveSilos = "select count(*) from cluster_member where status = 3";

    [Fact]
    public async Task a_second_silo_joins_and_takes_over_when_the_first_dies()
    {
        await using var shop = await Shop.CreateAsync();
        var first = await shop.StartSiloProcessAsync();
        var api = await shop.StartApiAsync();
        var sku = await (await api.AsAdminAsync()).CreateProductAsync(stock: 1000);
        var before = await Buyer.ArriveAsync(api, sku);
        Assert.Equal(201, (int)(await before.OrderAsync()).Status);

        var http = TcpPort.Free();
        await shop.StartSiloProcessAsync(ports: (TcpPort.Free(), TcpPort.Free()), httpPort: http);
        await Until.TrueAsync("two silos are active", TimeSpan.FromMinutes(2), async () => await shop.QueryAsync<long>(ActiveSilos) == 2);
        var crowd = new Crowd(shop, api, 4, _ => ([sku], "pm_card_visa"));
        await crowd.MoreAsync(30);
        await first.KillAsync();

        await Until.TrueAsync("the shop sells again", TimeSpan.FromMinutes(2), async () =>
            (int?)(await Buyer.TryAsync(() => api.GetAsync("//health/ready")))?.Status == 200 && await SellsAsync(api, sku));
        await crowd.MoreAsync(30);
        await crowd.CloseAsync();
        Assert.Equal(1, await shop.QueryAsync<long>(ActiveSilos));
        Assert.Equal(1, (await PrometheusText.ScrapeAsync(new Uri($"http://127.0.0.1:{http}"))).Sum("soonshop_cluster_silos_lost_total"));
        Assert.Equal("confirmed", (await Buyer.AskAsync(() => before.Guest.GetAsync($"/orders/{before.OrderId}"))).Text("status"));
        await InvariantChecker.AssertBalanceAsync(shop);
    }

    /// <summary>An order on the second silo waits for stock that the first one holds, and the first dies with it.</summary>
    [Fact]
    public async Task orders_end_when_another_silo_dies_right_after_it_wrote_their_reservations()
    {
        await using var shop = await Shop.CreateAsync(null, ("Checkout__CheckoutDueSeconds", "2"));
        var seeding = await shop.StartSiloProcessAsync();
        var api = await shop.StartApiAsync();
        var admin = await api.AsAdminAsync();
        var sku = await admin.CreateProductAsync(stock: 1000);
        await seeding.KillAsync();
        var doomed = await shop.StartSiloProcessAsync("inventory.after-write");
        // From its first call on, the item lives where it was called.
        Assert.Equal(1000, (await Buyer.AskAsync(() => admin.GetAsync($"/inventory/{sku}"))).Number("onHand"));
        await shop.StartSiloProcessAsync(ports: (TcpPort.Free(), TcpPort.Free()));
        var (second, _) = await shop.StartApiProcessAsync();
        var buyers = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Buyer.ArriveAsync(i % 2 == 0 ? api : second, sku)));

        var first = Task.WhenAll(buyers.Select(b => b.TryOrderAsync()));
        await doomed.WaitForExitAsync(TimeSpan.FromMinutes(2));
        await first.EndsAsync("orders that were cut off", TimeSpan.FromMinutes(3));
        var answers = await Task.WhenAll(buyers.Select(b => b.OrderAsync()));
        Assert.All(answers, a => Assert.Equal(201, (int)a.Status));
        await InvariantChecker.AssertBalanceAsync(shop, [.. buyers.Select(b => b.OrderId)]);
    }

    private static async Task<bool> SellsAsync(ApiClient api, string sku)
    {
        var cart = await Buyer.TryAsync(() => api.PostAsync("/carts"));
        if ((int?)cart?.Status != 201)
            return false;
        var guest = api with { CartId = cart.Text("id") };
        return (int?)(await Buyer.TryAsync(() => guest.FillCartAsync(sku)))?.Status == 200
            && (int?)(await Buyer.TryAsync(() => guest.OrderAsync()))?.Status == 201;
    }
}
