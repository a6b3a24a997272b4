using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A shop whose simulated provider holds money first.</summary>
public sealed class HoldingShop : IAsyncLifetime
{
    internal Shop Shop { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        (Shop, Api) = await Shop.StartAsync(("Payments__Capture", "Manual"));
        Admin = await Api.AsAdminAsync();
    }

    public ValueTask DisposeAsync() => Shop.DisposeAsync();
}

public sealed class ManualCaptureTests(HoldingShop shop) : IClassFixture<HoldingShop>
{
    [Fact]
    public async Task a_part_is_taken_and_at_most_that_is_given_back()
    {
        var (guest, id) = await OrderAsync();
        var taken = Expect.Status(200, await shop.Admin.PostAsync($"/admin/orders/{id}/capture", new { amount = 600 }));
        Assert.Equal(("captured", 600), (taken.Text("payment.status"), taken.Number("payment.captured.amount")));
        Expect.Problem(
            409, "conflict", await shop.Admin.PostAsync($"/admin/orders/{id}/refunds", new { amount = 601, reason = "too much" }, "one"));
        Expect.Status(200, await shop.Admin.PostAsync($"/admin/orders/{id}/refunds", new { amount = 600, reason = "all" }, "two"));
        Assert.Equal("refunded", (await guest.GetAsync($"/orders/{id}")).Text("status"));
    }

    [Fact]
    public async Task shipping_takes_it_and_cancelling_lets_it_go()
    {
        var (_, shipped) = await OrderAsync();
        var answer = Expect.Status(
            200, await shop.Admin.PostAsync($"/admin/orders/{shipped}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        Assert.Equal(answer.Number("total.amount"), answer.Number("payment.captured.amount"));
        var (guest, cancelled) = await OrderAsync();
        Expect.Status(200, await guest.PostAsync($"/orders/{cancelled}/cancel"));
        Assert.Equal(
            "cancelled", await shop.Shop.QueryAsync<string>(
                "select status from simulated_payment where order_id = $1", Guid.Parse(cancelled)));
    }

    [Fact]
    public async Task a_customer_who_acts_has_money_held_once()
    {
        var (guest, id) = await OrderAsync("pm_card_authenticationRequired");
        for (var i = 0; i < 2; i++)
            Assert.Equal("authorized", Expect.Status(200, await guest.PostAsync($"/simulated-payments/{id}/authenticate")).Text("status"));
        Assert.Equal("confirmed", (await guest.GetAsync($"/orders/{id}")).Text("status"));
    }

    [Fact]
    public async Task the_simulated_provider_keeps_no_cards_and_says_so()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync());
        Expect.Status(
            201, await customer.PostAsync(
                "/orders", new { paymentMethod = "pm_card_visa", savePaymentMethod = true, shippingAddress = ApiClient.Address() }, "one"));
        Assert.Empty((await customer.GetAsync("/me/payment-methods"))["items"]!.AsArray());
        Expect.Problem(404, "not-found", await customer.DeleteAsync("/me/payment-methods/pm_card_visa"));
    }

    private async Task<(ApiClient Guest, string Id)> OrderAsync(string paymentMethod = "pm_card_visa")
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        var order = Expect.Status(201, await guest.OrderAsync(paymentMethod: paymentMethod));
        if (paymentMethod == "pm_card_visa")
            Assert.Equal(("confirmed", "authorized"), (order.Text("status"), order.Text("payment.status")));
        return (guest, order.Text("id"));
    }
}
