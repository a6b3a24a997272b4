using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A cart has one order that can still be paid: the next checkout ends it, or is answered with it.</summary>
[Collection(nameof(RunningShop))]
public sealed class OneOpenOrderTests(RunningShop shop)
{
    private const string MustAct = "pm_card_authenticationRequired";
    private const string Declined = "pm_card_visa_chargeDeclined";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_checkout_ends_the_order_of_its_cart_that_waits_for_the_customer(bool signedIn)
    {
        var (buyer, sku) = await BuyerAsync(signedIn, stock: 5);
        var first = Expect.Status(201, await OrderAsync(buyer, MustAct)).Text("id");
        await StockAsync(sku, 5, reserved: 1);

        var second = Expect.Status(201, await OrderAsync(buyer, "pm_card_visa"));

        Assert.NotEqual(first, second.Text("id"));
        Assert.Equal("confirmed", second.Text("status"));
        var ended = await buyer.GetAsync($"/orders/{first}");
        Assert.Equal(("cancelled", "cancelled"), (ended.Text("status"), ended.Text("payment.status")));
        Assert.Equal("cancelled", await ProviderAsync(first));
        Expect.Problem(409, "conflict", await buyer.PostAsync($"/simulated-payments/{first}/authenticate"));
        Expect.Problem(
            409, "invalid-order-state", await buyer.PostAsync($"/orders/{first}/payments", new { paymentMethod = "pm_card_visa" }));
        await StockAsync(sku, 5, reserved: 1);
        Assert.Empty((await buyer.GetAsync("/cart"))["items"]!.AsArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task also_one_that_waits_for_the_customer_since_another_card_was_tried(bool signedIn)
    {
        var (buyer, sku) = await BuyerAsync(signedIn, stock: 5);
        var first = Expect.Problem(402, "payment-declined", await OrderAsync(buyer, Declined)).Text("orderId");
        Assert.Equal(
            "requiresAction", Expect.Status(200, await buyer.PostAsync($"/orders/{first}/payments", new { paymentMethod = MustAct }))
                .Text("payment.status"));

        Assert.Equal("confirmed", Expect.Status(201, await OrderAsync(buyer, "pm_card_visa")).Text("status"));

        Expect.Problem(409, "conflict", await buyer.PostAsync($"/simulated-payments/{first}/authenticate"));
        Assert.Equal("cancelled", (await buyer.GetAsync($"/orders/{first}")).Text("status"));
        await StockAsync(sku, 5, reserved: 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_checkout_is_answered_with_the_earlier_order_when_the_provider_says_that_it_is_paid(bool signedIn)
    {
        var (buyer, sku) = await BuyerAsync(signedIn, stock: 5);
        var first = Expect.Status(201, await OrderAsync(buyer, MustAct)).Text("id");
        // The customer has acted, and nobody has told the shop.
        await shop.Shop.QueryAsync<string>(
            "update simulated_payment set status = 'captured' where order_id = $1 returning status", Guid.Parse(first));

        var answer = Expect.Status(201, await OrderAsync(buyer, "pm_card_visa", "second"));

        Assert.Equal((first, "confirmed", "captured"), (answer.Text("id"), answer.Text("status"), answer.Text("payment.status")));
        Assert.EndsWith($"/orders/{first}", answer.Headers["Location"], StringComparison.Ordinal);
        await StockAsync(sku, 5, reserved: 1);
        Assert.Empty((await buyer.GetAsync("/cart"))["items"]!.AsArray());
        Assert.Single((await buyer.GetAsync("/orders"))["items"]!.AsArray());
        // The same key again has the same answer, whatever became of the order.
        Expect.Status(
            200, await shop.Admin.PostAsync($"/admin/orders/{first}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        var again = Expect.Status(201, await OrderAsync(buyer, "pm_card_visa", "second"));
        Assert.Equal((answer.Body, "true"), (again.Body, again.Headers["Idempotent-Replayed"]));
        Expect.Problem(422, "idempotency-key-reused", await OrderAsync(buyer, MustAct, "second"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task the_last_unit_that_a_carts_own_order_holds_is_there_for_its_next_checkout(bool signedIn)
    {
        var (buyer, sku) = await BuyerAsync(signedIn, stock: 1);
        Expect.Problem(402, "payment-declined", await OrderAsync(buyer, Declined));
        await StockAsync(sku, 1, reserved: 1);

        var cart = await buyer.GetAsync("/cart");
        Assert.Equal(
            ("true", "lowStock", 1000),
            (cart.Text("items.0.available"), cart.Text("items.0.availability"), cart.Number("subtotal.amount")));
        // To everybody else it is gone.
        var (stranger, _) = await BuyerAsync(signedIn, sku: sku);
        Assert.Equal("false", (await stranger.GetAsync("/cart")).Text("items.0.available"));
        Expect.Problem(409, "out-of-stock", await OrderAsync(stranger, "pm_card_visa"));

        Assert.Equal("confirmed", Expect.Status(201, await OrderAsync(buyer, "pm_card_visa")).Text("status"));
        await StockAsync(sku, 1, reserved: 1);
    }

    [Fact]
    public async Task a_checkout_that_the_cart_refuses_ends_nothing()
    {
        var (guest, sku) = await BuyerAsync(signedIn: false, stock: 5);
        var first = Expect.Status(201, await OrderAsync(guest, MustAct)).Text("id");
        Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", new
        {
            name = $"Test product {sku}",
            category = "test/things",
            active = true,
            price = new { amount = 1100, currency = "USD" },
        }));

        Expect.Problem(409, "conflict", await OrderAsync(guest, "pm_card_visa"));

        Assert.Equal("captured", Expect.Status(200, await guest.PostAsync($"/simulated-payments/{first}/authenticate")).Text("status"));
        Assert.Equal("confirmed", (await guest.GetAsync($"/orders/{first}")).Text("status"));
    }

    /// <summary>Signs in while the bank asks; the front end sends the cart's id along, at the sign-in or later.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task an_order_goes_along_with_the_guest_who_signs_in(bool atLogin, bool hasOwn)
    {
        var (guest, sku) = await BuyerAsync(signedIn: false, stock: 9);
        var id = Expect.Status(201, await OrderAsync(guest, MustAct)).Text("id");
        var customer = await SignInAsync(guest, atLogin, hasOwn ? sku : null);

        Assert.Equal("awaitingPayment", Expect.Status(200, await customer.GetAsync($"/orders/{id}")).Text("status"));
        Assert.Equal(id, (await customer.GetAsync("/orders")).Text("items.0.id"));
        Expect.Status(200, await customer.GetAsync($"/payments/{id}"));
        Expect.Status(200, await customer.PostAsync($"/simulated-payments/{id}/authenticate"));

        foreach (var buyer in (ApiClient[])[customer, guest])
        {
            Assert.Equal("confirmed", Expect.Status(200, await buyer.GetAsync($"/orders/{id}")).Text("status"));
            Assert.Equal(id, (await buyer.GetAsync("/orders")).Text("items.0.id"));
        }
        // What the customer had put in as well stays.
        Assert.Equal(hasOwn ? 1 : 0, (await customer.GetAsync("/cart"))["items"]!.AsArray().Sum(i => i!["quantity"]!.GetValue<int>()));
        await StockAsync(sku, 9, reserved: 1);
        Expect.Problem(404, "not-found", await (await shop.Api.AsNewCustomerAsync()).GetAsync($"/orders/{id}"));
        Expect.Problem(404, "not-found", await (await shop.Api.AsGuestAsync()).GetAsync($"/orders/{id}"));
        Expect.Problem(404, "not-found", await (await shop.Api.AsNewCustomerAsync()).GetAsync($"/payments/{id}"));
    }

    [Fact]
    public async Task who_signs_in_after_the_bank_has_asked_finds_the_order_too()
    {
        var (guest, _) = await BuyerAsync(signedIn: false, stock: 5);
        var id = Expect.Status(201, await OrderAsync(guest, MustAct)).Text("id");
        Expect.Status(200, await guest.PostAsync($"/simulated-payments/{id}/authenticate"));

        var customer = await SignInAsync(guest, atLogin: true);

        Assert.Equal("confirmed", Expect.Status(200, await customer.GetAsync($"/orders/{id}")).Text("status"));
        Assert.Empty((await customer.GetAsync("/cart"))["items"]!.AsArray());
        // It is no reason to refuse the next.
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync());
        Assert.NotEqual(id, Expect.Status(201, await OrderAsync(customer, "pm_card_visa")).Text("id"));
    }

    [Fact]
    public async Task the_next_checkout_of_the_account_ends_the_order_that_came_along()
    {
        var (guest, sku) = await BuyerAsync(signedIn: false, stock: 1);
        var id = Expect.Status(201, await OrderAsync(guest, MustAct)).Text("id");
        var customer = await SignInAsync(guest, atLogin: true);
        Assert.Equal("true", (await customer.GetAsync("/cart")).Text("items.0.available"));

        Assert.Equal("confirmed", Expect.Status(201, await OrderAsync(customer, "pm_card_visa")).Text("status"));

        Assert.Equal(("cancelled", "cancelled"), ((await customer.GetAsync($"/orders/{id}")).Text("status"), await ProviderAsync(id)));
        await StockAsync(sku, 1, reserved: 1);
        Assert.Empty((await customer.GetAsync("/cart"))["items"]!.AsArray());
    }

    [Fact]
    public async Task an_order_that_came_along_and_was_cancelled_leaves_its_goods_in_the_accounts_cart()
    {
        var (guest, sku) = await BuyerAsync(signedIn: false, stock: 5);
        var id = Expect.Status(201, await OrderAsync(guest, MustAct)).Text("id");
        var customer = await SignInAsync(guest, atLogin: true);

        Assert.Equal("cancelled", Expect.Status(200, await customer.PostAsync($"/orders/{id}/cancel")).Text("status"));

        Assert.Equal(sku, (await customer.GetAsync("/cart")).Text("items.0.sku"));
        await StockAsync(sku, 5, reserved: 0);
    }

    /// <summary>The customer proves who they are and gives up waiting in the same moment.</summary>
    [Fact]
    public async Task of_two_finishes_at_once_one_is_bought()
    {
        var races = await OneOpenOrderRaces.RunAsync(shop.Shop, shop.Api, shop.Admin, carts: 12, rounds: 3);
        Assert.Equal(36, races.First + races.Second);
    }

    private async Task<(ApiClient Buyer, string Sku)> BuyerAsync(bool signedIn, int stock = 5, string? sku = null)
    {
        sku ??= await shop.Admin.CreateProductAsync(stock);
        var buyer = signedIn ? await shop.Api.AsNewCustomerAsync() : await shop.Api.AsGuestAsync();
        Expect.Status(200, await buyer.FillCartAsync(sku));
        return (buyer, sku);
    }

    private async Task<ApiClient> SignInAsync(ApiClient guest, bool atLogin, string? own = null)
    {
        var email = Make.Email();
        var customer = await shop.Api.AsNewCustomerAsync(email);
        if (own is not null)
            Expect.Status(200, await customer.FillCartAsync(own));
        if (!atLogin)
        {
            Expect.Status(200, await customer.PostAsync("/cart/merge", new { cartId = guest.CartId }));
            return customer;
        }
        var session = Expect.Status(
            200, await shop.Api.PostAsync("/auth/login", new { email, password = "correct horse", cartId = guest.CartId }));
        return shop.Api with { AccessToken = session.Text("accessToken"), CartId = null };
    }

    private static Task<Reply> OrderAsync(ApiClient buyer, string paymentMethod, string? key = null) =>
        buyer.OrderAsync(key, paymentMethod);

    private Task StockAsync(string sku, int onHand, int reserved) => Expect.StockAsync(shop.Admin, sku, onHand, reserved);

    private Task<string> ProviderAsync(string order) =>
        shop.Shop.QueryAsync<string>("select status from simulated_payment where order_id = $1", Guid.Parse(order));
}
