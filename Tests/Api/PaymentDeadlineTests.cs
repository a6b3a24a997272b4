using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A shop whose orders wait three seconds for their payment.</summary>
public sealed class ImpatientShop : IAsyncLifetime
{
    internal Shop Shop { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        (Shop, Api) = await Shop.StartAsync(
            ("Checkout__PaymentWindowMinutes", "0.05"), ("Checkout__Shipping__Amount", "300"),
            ("Checkout__ShippingByCountry__US__Amount", "123"), ("Checkout__ShippingByCountry__US__FreeFrom", "2000"),
            ("Checkout__TaxBasisPointsByCountry__US", "1250"), ("Checkout__TaxBasisPointsRestOfWorld", ""));
        Admin = await Api.AsAdminAsync();
    }

    public ValueTask DisposeAsync() => Shop.DisposeAsync();
}

public sealed class PaymentDeadlineTests(ImpatientShop shop) : IClassFixture<ImpatientShop>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    /// <summary>As the shop is shipped: there is no tax for the rest of the world.</summary>
    [Theory]
    [InlineData("NO")]
    [InlineData("CA")]
    [InlineData("AU")]
    [InlineData("JP")]
    public async Task an_order_to_a_country_without_a_tax_is_refused(string country)
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        var body = new { email = "ada@example.com", paymentMethod = "pm_card_visa", shippingAddress = ApiClient.Address(country) };
        var refused = Expect.Invalid("shippingAddress.country", await guest.PostAsync("/orders", body, Guid.NewGuid().ToString()));
        Assert.Equal(
            $"is {country}, where this shop does not deliver", refused["errors"]!["shippingAddress.country"]![0]!.GetValue<string>());
    }

    [Theory]
    [InlineData("pm_card_visa_chargeDeclined")]
    [InlineData("pm_card_authenticationRequired")]
    public async Task an_order_whose_payment_never_comes_expires_and_frees_its_stock(string paymentMethod)
    {
        var (guest, sku, place) = await WaitingOrderAsync(paymentMethod);
        // What was reserved may be free again by now.
        Assert.Contains(
            (await shop.Admin.GetAsync($"/inventory/{sku}/ledger"))["items"]!.AsArray(), m => m!["reservedAfter"]!.GetValue<int>() == 2);
        await Until.TrueAsync("the order expires", Limit, async () => (await guest.GetAsync(place)).Text("status") == "expired");
        await Until.TrueAsync(
            "the stock is free", Limit, async () => (await shop.Admin.GetAsync($"/inventory/{sku}")).Number("reserved") == 0);
        Assert.Equal(5, (await shop.Admin.GetAsync($"/inventory/{sku}")).Number("onHand"));

        var expired = await guest.GetAsync(place);
        Assert.Equal(
            ("cancelled", null, null), (expired.Text("payment.status"), expired["payment.clientSecret"], expired["paymentDeadline"]));
        Expect.Problem(409, "invalid-order-state", await guest.PostAsync($"{place}/payments", new { paymentMethod = "pm_card_visa" }));
        Expect.Problem(409, "invalid-order-state", await guest.PostAsync($"{place}/cancel"));
        Assert.Single((await guest.GetAsync("/cart"))["items"]!.AsArray());
        Expect.Status(201, await guest.OrderAsync());
        var stock = await shop.Admin.GetAsync($"/inventory/{sku}");
        Assert.Equal((5, 2), (stock.Number("onHand"), stock.Number("reserved")));
    }

    [Fact]
    public async Task a_payment_that_the_bank_took_but_nobody_reported_confirms_the_order_at_its_deadline()
    {
        // The provider has the money at once, and its news got lost: the shop is still answered the status before.
        await ExecuteAsync("""
            create function capture() returns trigger language plpgsql as $$ begin
              update simulated_payment set status = 'captured' where reference = new.reference;
              return null;
            end $$;
            create trigger capture after insert on simulated_payment for each row when (new.status = 'requires_action')
              execute function capture()
            """);
        var (guest, sku, place) = await WaitingOrderAsync("pm_card_authenticationRequired");
        await ExecuteAsync("drop function capture cascade");
        Assert.Equal("captured", await shop.Shop.QueryAsync<string>(
            "select status from simulated_payment where order_id = $1", Guid.Parse(place["/orders/".Length..])));
        await Until.TrueAsync("the order is confirmed", Limit, async () => (await guest.GetAsync(place)).Text("status") == "confirmed");
        await Until.TrueAsync(
            "the cart is emptied", Limit, async () => (await guest.GetAsync("/cart"))["items"]!.AsArray().Count == 0);
        var stock = await shop.Admin.GetAsync($"/inventory/{sku}");
        Assert.Equal((5, 2), (stock.Number("onHand"), stock.Number("reserved")));
        var confirmed = await guest.GetAsync(place);
        Assert.Equal(("captured", "awaitingPayment"), (confirmed.Text("payment.status"), confirmed.Text("timeline.1.status")));
    }

    [Fact]
    public async Task shipping_and_tax_come_from_the_configuration()
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync(price: 1000));
        var order = Expect.Status(201, await guest.OrderAsync());
        // 12.5 % of 11.23 is 1.40375.
        Assert.Equal((123, 140, 1263), (order.Number("shipping.amount"), order.Number("tax.amount"), order.Number("total.amount")));
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync(price: 2000));
        var free = Expect.Status(201, await guest.OrderAsync());
        Assert.Equal((0, 250), (free.Number("shipping.amount"), free.Number("tax.amount")));
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = shop.Shop.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private async Task<(ApiClient Guest, string Sku, string Place)> WaitingOrderAsync(string paymentMethod)
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 5);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, 2);
        var reply = await guest.OrderAsync(paymentMethod: paymentMethod);
        return (guest, sku, $"/orders/{reply[(int)reply.Status == 201 ? "id" : "orderId"]}");
    }
}
