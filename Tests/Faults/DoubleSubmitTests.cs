using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

public sealed class DoubleSubmitTests
{
    private const int Buyers = 50;
    private const int Times = 4;

    [Fact]
    public async Task the_same_checkout_sent_four_times_at_once_is_one_order_one_charge_and_one_answer()
    {
        var (shop, api) = await Shop.StartAsync();
        await using var _ = shop;
        var sku = await (await api.AsAdminAsync()).CreateProductAsync(stock: Buyers);
        var made = new List<Guid>();
        for (var i = 0; i < Buyers; i++)
        {
            var buyer = await Buyer.ArriveAsync(api, sku);
            made.Add(buyer.OrderId);
            var answers = await Task.WhenAll(Enumerable.Range(0, Times).Select(_ => buyer.Guest.OrderAsync(buyer.Key)));
            Assert.All(answers, a => Assert.Equal(201, (int)a.Status));
            Assert.Single(answers.Select(a => a.Body).Distinct());
            Assert.Single(answers, a => !a.Replayed);
        }
        await InvariantChecker.AssertBalanceAsync(shop, made);
        Assert.Equal((long)Buyers, await shop.QueryAsync<long>("select count(*) from simulated_payment"));
        Assert.Equal(
            (long)Buyers, await shop.QueryAsync<long>("select count(*) from grain_state_order where index ->> 'status' = 'confirmed'"));
    }

    [Fact]
    public async Task one_cart_checked_out_under_many_keys_at_once_is_bought_once()
    {
        var (shop, api) = await Shop.StartAsync();
        await using var _ = shop;
        var sku = await (await api.AsAdminAsync()).CreateProductAsync(stock: 1000);
        for (var i = 0; i < 10; i++)
        {
            var buyer = await Buyer.ArriveAsync(api, sku);
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => buyer.Guest.OrderAsync()));
            Assert.Single(answers, a => (int)a.Status == 201);
            Assert.All(answers.Where(a => (int)a.Status != 201), a => Assert.Contains(a.Code, new[] { "conflict", "cart-empty" }));
            Assert.Equal(1L, await shop.QueryAsync<long>(
                "select count(*) from grain_state_order where index ->> 'cartId' = $1", buyer.Guest.CartId!));
        }
        await InvariantChecker.AssertBalanceAsync(shop);
    }

    /// <summary>The cart's hold on its lines must not end with the silo: the first order goes on by itself.</summary>
    [Fact]
    public async Task a_cart_whose_checkout_died_is_not_bought_again_under_another_key()
    {
        // The first order is to go on by itself, and not because the front end asks again.
        await using var shop = await Shop.CreateAsync(null, ("Checkout__CheckoutDueSeconds", "2"), ("Cluster__MaxRepeatedCalls", "0"));
        var silo = await shop.StartSiloProcessAsync();
        var api = await shop.StartApiAsync();
        var sku = await (await api.AsAdminAsync()).CreateProductAsync(stock: 10);
        await silo.KillAsync();
        silo = await shop.StartSiloProcessAsync("order.placed");
        var buyer = await Buyer.ArriveAsync(api, sku);
        var cutOff = buyer.TryOrderAsync();
        await silo.WaitForExitAsync(TimeSpan.FromMinutes(2));
        await shop.StartSiloProcessAsync();

        await (buyer with { Key = "another" }).OrderAsync();
        await InvariantChecker.AssertBalanceAsync(shop);
        Assert.Equal(1L, await shop.QueryAsync<long>("select count(*) from grain_state_order where index ->> 'status' = 'confirmed'"));
        Assert.NotEqual(201, (int?)(await cutOff)?.Status);
    }
}
