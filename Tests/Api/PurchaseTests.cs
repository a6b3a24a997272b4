using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(RunningShop))]
public sealed class PurchaseTests(RunningShop shop)
{
    [Fact]
    public async Task a_guest_buys_something()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 5, price: 1250);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, 2);
        var order = await guest.OrderAsync();
        Assert.Equal(201, (int)order.Status);
        Assert.Equal("confirmed", order.Text("status"));
        Assert.Equal(2500, order.Number("subtotal.amount"));
        Assert.Equal("captured", order.Text("payment.status"));
        var stock = await shop.Admin.GetAsync($"/inventory/{sku}");
        Assert.Equal((5, 2), (stock.Number("onHand"), stock.Number("reserved")));
        Assert.Empty((await guest.GetAsync("/cart"))["items"]!.AsArray());
        Assert.Equal(order.Text("number"), (await guest.GetAsync($"/orders/{order.Text("id")}")).Text("number"));
    }
}
