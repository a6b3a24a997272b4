using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

public sealed class RestartTests
{
    [Fact]
    public async Task a_power_cut_loses_nothing_that_was_acknowledged()
    {
        await using var shop = await Shop.CreateAsync();
        var silo = await shop.StartSiloProcessAsync();
        var (api, frontEnd) = await shop.StartApiProcessAsync();
        var admin = await api.AsAdminAsync();
        var sku = await admin.CreateProductAsync(stock: 10);
        var customer = await api.AsNewCustomerAsync("ada@example.com");
        await customer.FillCartAsync(sku, 2);
        var bought = await customer.OrderAsync("customer-1");
        Assert.Equal(201, (int)bought.Status);
        var session = await api.PostAsync("/auth/login", new { email = "ada@example.com", password = "correct horse" });
        await customer.FillCartAsync(sku, 3);
        var guest = await Buyer.ArriveAsync(api, sku);
        var order = await guest.OrderAsync();
        Assert.Equal(201, (int)order.Status);

        await Task.WhenAll(silo.KillAsync(), frontEnd.KillAsync());
        await shop.StartSiloProcessAsync();
        var (restarted, _) = await shop.StartApiProcessAsync();

        var sameGuest = guest.Guest with { Http = restarted.Http };
        Assert.Equal(order.Text("number"), (await sameGuest.GetAsync($"/orders/{guest.OrderId}")).Text("number"));
        Assert.Empty((await sameGuest.GetAsync("/cart"))["items"]!.AsArray());
        var repeated = await sameGuest.OrderAsync(guest.Key);
        Assert.True(repeated.Replayed);
        Assert.Equal(order.Body, repeated.Body);

        var sameCustomer = customer with { Http = restarted.Http };
        Assert.Equal("ada@example.com", (await sameCustomer.GetAsync("/me")).Text("email"));
        Assert.Equal(bought.Text("id"), (await sameCustomer.GetAsync("/orders")).Text("items.0.id"));
        Assert.Equal(3, (await sameCustomer.GetAsync("/cart")).Number("items.0.quantity"));
        Assert.Equal(200, (int)(await restarted.PostAsync("/auth/refresh", new { refreshToken = session.Text("refreshToken") })).Status);
        var stock = await (admin with { Http = restarted.Http }).GetAsync($"/inventory/{sku}");
        Assert.Equal((10, 3), (stock.Number("onHand"), stock.Number("reserved")));
        await InvariantChecker.AssertBalanceAsync(shop);
    }
}
