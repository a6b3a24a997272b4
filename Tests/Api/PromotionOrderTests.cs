using System.Text.Json;
using SoonShop.Tests.Running;
using static SoonShop.Tests.Api.PricedShop;

namespace SoonShop.Tests.Api;

/// <summary>Promotions from the cart to the order and back: who has used them, what they are called, and who can see how often.</summary>
public sealed class PromotionOrderTests(PricedShop shop) : IClassFixture<PricedShop>
{
    private const string ThreeDSecure = "pm_card_authenticationRequired", Declined = "pm_card_visa_chargeDeclined";

    private static readonly object Shanghai = new
    {
        name = "李雷",
        line1 = "中山东一路1号",
        city = "上海",
        region = "上海",
        postalCode = "200002",
        country = "CN",
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task an_account_whose_guest_has_used_a_promotion_is_shown_what_the_order_costs(bool hasAnotherContact)
    {
        var (sku, id) = await OnceAsync();
        var email = Make.Email();
        Assert.Equal(500, Expect.Status(201, await OrderAsync(await FilledAsync(sku), NewYork, email: email)).Number("discount.amount"));

        var customer = await (await shop.GuestAsync()).AsNewCustomerAsync(email);
        Expect.Status(200, await customer.FillCartAsync(sku));
        var shown = Expect.Status(
            200, await customer.PutAsync("/cart/destination", new { country = "US", region = "NY", postalCode = "10004" }));
        Assert.Equal((0, 1632), (shown.Number("prices.discount.amount"), shown.Number("prices.total.amount")));
        var preview = Expect.Status(200, await shop.Admin.PostAsync("/admin/pricing/preview", new
        {
            lines = new[] { new { sku, quantity = 1 } },
            customerId = (await customer.GetAsync("/me")).Text("id"),
            destination = new { country = "US", region = "NY", postalCode = "10004" },
        }));
        Assert.Equal(1632, preview.Number("total.amount"));

        // An order may be for somebody else, whose uses are not the account's.
        var other = Make.Email();
        if (hasAnotherContact)
            Expect.Status(201, await OrderAsync(await FilledAsync(sku), NewYork, email: other));
        var order = Expect.Status(201, await customer.PostAsync("/orders", new
        {
            paymentMethod = "pm_card_visa",
            shippingAddress = NewYork,
            email = hasAnotherContact ? other : null,
            expectedTotal = new { amount = 1632, currency = "USD" },
        }, Guid.NewGuid().ToString()));
        Assert.Equal((0, 1632), (order.Number("discount.amount"), order.Number("total.amount")));
        Assert.Equal(hasAnotherContact ? 2 : 1, (await UsesAsync(id)).Number("committed"));
    }

    [Fact]
    public async Task an_account_that_has_not_used_a_promotion_gets_it_whoever_the_mail_goes_to()
    {
        var (sku, _) = await OnceAsync();
        var other = Make.Email();
        Expect.Status(201, await OrderAsync(await FilledAsync(sku), NewYork, email: other));
        var customer = await (await shop.GuestAsync()).AsNewCustomerAsync();
        Expect.Status(200, await customer.FillCartAsync(sku));
        Assert.Equal(500, (await customer.GetAsync("/cart")).Number("prices.discount.amount"));

        var order = Expect.Status(201, await customer.PostAsync(
            "/orders", new { paymentMethod = "pm_card_visa", shippingAddress = NewYork, email = other }, Guid.NewGuid().ToString()));
        Assert.Equal(500, order.Number("discount.amount"));
        Expect.Status(200, await customer.FillCartAsync(sku));
        Assert.Equal(0, (await customer.GetAsync("/cart")).Number("prices.discount.amount"));
    }

    [Fact]
    public async Task shoppers_read_the_name_of_a_promotion_in_their_language_in_cart_order_and_refusal()
    {
        const string English = "$1 off each pack of tea", Chinese = "每包茶减 7 元";
        var guest = await shop.GuestAsync("CNY");
        Expect.Status(200, await guest.FillCartAsync("TEA-PEPPERMINT-30", 2));
        var cart = await InAsync(guest, HttpMethod.Put, "/cart/codes/TEATIME", "zh-CN");
        Assert.Equal((Chinese, "zh"), (cart.Text("prices.promotions.0.name"), cart.Headers["Content-Language"]));
        Assert.Contains("Accept-Language", cart.Headers["Vary"], StringComparison.Ordinal);
        Assert.Equal(English, (await InAsync(guest, HttpMethod.Get, "/cart", "de, en;q=0.5")).Text("prices.promotions.0.name"));

        // The promotion that excludes the other one is called by its name, too.
        var (big, _) = await NamedAsync("Summer", "夏季优惠", 500_000);
        var (small, _) = await NamedAsync("Winter", "冬季优惠", 100_000);
        foreach (var code in (string[])[big, small])
            Expect.Status(200, await guest.PutAsync($"/cart/codes/{code}", null));
        var refusing = await InAsync(guest, HttpMethod.Get, "/cart", "zh");
        Assert.Equal(
            [("TEATIME", "不能与“夏季优惠”同时使用。"), (small, "不能与“夏季优惠”同时使用。")],
            refusing["prices"]!["refusedCodes"]!.AsArray().Select(c => (c!["code"]!.GetValue<string>(), c["reason"]!.GetValue<string>())));
        Assert.Equal(
            "It cannot be combined with Summer.", (await guest.GetAsync("/cart")).Text("prices.refusedCodes.0.reason"));
        var refused = Expect.Problem(409, "conflict", await PlaceAsync("zh"));
        Assert.Equal("不能与“夏季优惠”同时使用。", refused["errors"]![$"codes[{small}]"]![0]!.GetValue<string>());
        Assert.Equal(
            ("夏季优惠", "不能与“夏季优惠”同时使用。"),
            (refused.Text("quote.prices.promotions.0.name"), refused.Text("quote.prices.refusedCodes.0.reason")));
        foreach (var code in (string[])[big, small])
            Expect.Status(200, await guest.DeleteAsync($"/cart/codes/{code}"));

        var order = Expect.Status(201, await PlaceAsync("zh"));
        Assert.Equal(Chinese, order.Text("prices.promotions.0.name"));
        var path = $"/orders/{order.Text("id")}";
        Assert.Equal(Chinese, (await InAsync(guest, HttpMethod.Get, path, "zh")).Text("prices.promotions.0.name"));
        Assert.Equal(English, (await InAsync(guest, HttpMethod.Get, path, "en")).Text("prices.promotions.0.name"));
        Assert.Equal(Chinese, (await InAsync(guest, HttpMethod.Get, "/orders", "zh")).Text("items.0.prices.promotions.0.name"));
        // An administrator looks for the promotion by the name that it has.
        Assert.Equal("Tea time", (await shop.Admin.GetAsync("/admin/orders")).Text("items.0.prices.promotions.0.name"));

        Task<Reply> PlaceAsync(string language) => guest.SendAsync(
            HttpMethod.Post, "/orders",
            new { email = Make.Email(), paymentMethod = "pm_card_visa", shippingAddress = Shanghai },
            Guid.NewGuid().ToString(), null, ("Accept-Language", language));
    }

    [Fact]
    public async Task administrators_see_the_uses_and_the_spent_budget_of_a_promotion()
    {
        var (code, id) = await shop.PromoteAsync(
            new { kind = "orderDiscount", percentPpm = 500_000 }, maxUses: 3, budget: new { amount = 2000, currency = "USD" });
        await AssertUsesAsync(0, 0);
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var buyer = await WithCodeAsync(sku, code);
        var order = Expect.Status(201, await OrderAsync(buyer, NewYork));
        await AssertUsesAsync(0, 1);
        var other = await WithCodeAsync(sku, code);
        var waiting = Expect.Problem(402, "payment-declined", await OrderAsync(other, NewYork, method: Declined)).Text("orderId");
        await AssertUsesAsync(1, 1);
        Expect.Status(200, await buyer.PostAsync($"/orders/{order.Text("id")}/cancel"));
        await AssertUsesAsync(1, 0);
        Expect.Status(200, await other.PostAsync($"/orders/{waiting}/payments", new { paymentMethod = "pm_card_visa" }));
        await AssertUsesAsync(0, 1);
        // Money that is given back is no cancellation.
        Expect.Status(200, await shop.Admin.PostAsync(
            $"/admin/orders/{waiting}/refunds", new { full = true, reason = "late" }, Guid.NewGuid().ToString()));
        await AssertUsesAsync(0, 1);
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/promotions/{id}"));
        await AssertUsesAsync(0, 1);
        Expect.Problem(404, "not-found", await shop.Admin.GetAsync($"/admin/promotions/{id}x/uses"));
        Assert.Equal(
            """{"reserved":0,"committed":0,"limit":null,"budgets":[]}""",
            (await shop.Admin.GetAsync("/admin/promotions/seeds-for-gardeners/uses")).Body);

        async Task AssertUsesAsync(int reserved, int committed)
        {
            var uses = await UsesAsync(id);
            Assert.Equal(
                JsonSerializer.Serialize(new
                {
                    reserved,
                    committed,
                    limit = 3,
                    budgets = new[] { new { currency = "USD", reserved = 500 * reserved, committed = 500 * committed, limit = 2000 } },
                }), uses.Body);
        }
    }

    [Fact]
    public async Task an_order_that_the_bank_asks_about_keeps_its_code_and_its_price_though_the_promotion_ends()
    {
        var (code, id) = await shop.PromoteAsync(new { kind = "orderDiscount", percentPpm = 100_000 }, maxUses: 1);
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var guest = await WithCodeAsync(sku, code);
        var placed = Expect.Status(201, await OrderAsync(guest, NewYork, method: ThreeDSecure));
        Assert.Equal(("awaitingPayment", 100), (placed.Text("status"), placed.Number("discount.amount")));
        Assert.Equal((1, 0), await CountsAsync(id));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/promotions/{id}"));
        await Until.TrueAsync("the promotion has ended", TimeSpan.FromSeconds(60), async () =>
            (int)(await (await shop.GuestAsync()).PutAsync($"/cart/codes/{code}", null)).Status == 404);

        Expect.Status(200, await guest.PostAsync($"/simulated-payments/{placed.Text("id")}/authenticate"));
        var order = Expect.Status(200, await guest.GetAsync($"/orders/{placed.Text("id")}"));
        Assert.Equal(("confirmed", placed.Number("total.amount")), (order.Text("status"), order.Number("total.amount")));
        Assert.Equal(order.Number("total.amount"), order.Number("payment.captured.amount"));
        Assert.Equal((0, 1), await CountsAsync(id));
    }

    [Fact]
    public async Task an_order_that_stock_cannot_fill_gives_its_code_back()
    {
        var (code, id) = await shop.PromoteAsync(new { kind = "orderDiscount", percentPpm = 100_000 }, maxUses: 1);
        var sku = await shop.Admin.CreateProductAsync(price: 1000, stock: 1);
        var guest = await WithCodeAsync(sku, code);
        Expect.Status(201, await OrderAsync(await FilledAsync(sku), NewYork));

        Expect.Problem(409, "out-of-stock", await OrderAsync(guest, NewYork));
        Assert.Equal((0, 0), await CountsAsync(id));
        await shop.Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta = 1, reason = "delivery" }, $"more-{sku}");
        Assert.Equal(100, Expect.Status(201, await OrderAsync(guest, NewYork)).Number("discount.amount"));
        Assert.Equal((0, 1), await CountsAsync(id));
    }

    [Fact]
    public async Task the_last_gift_that_a_carts_own_unpaid_order_holds_is_there_for_its_next_checkout()
    {
        var gift = await shop.Admin.CreateProductAsync(price: 300, stock: 1);
        var (code, _) = await shop.PromoteAsync(new { kind = "gift", giftSku = gift, getUnits = 1 });
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var (guest, stranger) = (await WithCodeAsync(sku, code), await WithCodeAsync(sku, code));
        var first = Expect.Problem(402, "payment-declined", await OrderAsync(guest, NewYork, method: Declined));

        var shown = Expect.Status(200, await guest.GetAsync("/cart"));
        Assert.Equal((gift, 0), (shown.Text("items.1.sku"), shown["prices"]!["refusedCodes"]!.AsArray().Count));
        var options = Expect.Status(200, await guest.PostAsync(
            "/cart/shipping-options", new { destination = new { country = "US", region = "NY", postalCode = "10004" } }));
        Assert.Equal(1632, options.Number("items.0.total.amount"));
        Assert.Single(Expect.Status(200, await stranger.GetAsync("/cart"))["items"]!.AsArray());
        var second = Expect.Status(201, await OrderAsync(guest, NewYork));
        Assert.Equal((gift, "cancelled"), (
            second.Text("lines.1.sku"), (await guest.GetAsync($"/orders/{first.Text("orderId")}")).Text("status")));
        Expect.Problem(409, "conflict", await OrderAsync(stranger, NewYork));
    }

    [Fact]
    public async Task a_code_in_any_script_is_entered_by_its_path()
    {
        var id = $"p-{Guid.NewGuid():N}"[..12];
        var code = $"夏日_{id}-é10";
        Expect.Status(201, await shop.Admin.PostAsync("/admin/promotions", new
        {
            id,
            name = "Summer",
            trigger = "code",
            code,
            action = new { kind = "orderDiscount", percentPpm = 100_000 },
        }));
        var guest = await FilledAsync(await shop.Admin.CreateProductAsync(price: 1000));
        await Until.TrueAsync("the code is known", TimeSpan.FromSeconds(60), async () =>
            (int)(await guest.PutAsync($"/cart/codes/{Uri.EscapeDataString(code.ToLowerInvariant())}", null)).Status == 200);
        Assert.Equal(100, (await guest.GetAsync("/cart")).Number("prices.discount.amount"));
        var without = Expect.Status(200, await guest.DeleteAsync($"/cart/codes/{Uri.EscapeDataString(code)}"));
        Assert.Equal(0, without.Number("prices.discount.amount"));
    }

    /// <summary>A promotion without a code that halves a product once for each customer, and that carts know.</summary>
    private async Task<(string Sku, string Id)> OnceAsync()
    {
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var id = $"p-{Guid.NewGuid():N}"[..12];
        Expect.Status(201, await shop.Admin.PostAsync("/admin/promotions", new
        {
            id,
            name = "Once for everybody",
            maxUsesPerCustomer = 1,
            conditions = new { items = new { skus = new[] { sku } } },
            action = new { kind = "orderDiscount", percentPpm = 500_000 },
        }));
        var guest = await FilledAsync(sku);
        await Until.TrueAsync("the promotion is known", TimeSpan.FromSeconds(60), async () =>
            (await guest.GetAsync("/cart")).Number("prices.discount.amount") == 500);
        return (sku, id);
    }

    private async Task<(string Code, string Id)> NamedAsync(string english, string chinese, int percentPpm)
    {
        var id = $"p-{Guid.NewGuid():N}"[..12];
        var code = id.ToUpperInvariant();
        Expect.Status(201, await shop.Admin.PostAsync("/admin/promotions", new
        {
            id,
            name = "A promotion of a test",
            texts = new { en = english, zh = chinese },
            trigger = "code",
            code,
            combines = new[] { "shipping" },
            action = new { kind = "orderDiscount", percentPpm },
        }));
        var guest = await shop.GuestAsync();
        await Until.TrueAsync($"{code} is known", TimeSpan.FromSeconds(60), async () =>
            (int)(await guest.PutAsync($"/cart/codes/{code}", null)).Status == 200);
        return (code, id);
    }

    private async Task<ApiClient> FilledAsync(string sku)
    {
        var guest = await shop.GuestAsync();
        Expect.Status(200, await guest.FillCartAsync(sku));
        return guest;
    }

    private async Task<ApiClient> WithCodeAsync(string sku, string code)
    {
        var guest = await FilledAsync(sku);
        Expect.Status(200, await guest.PutAsync($"/cart/codes/{code}", null));
        return guest;
    }

    private async Task<Reply> UsesAsync(string id) => Expect.Status(200, await shop.Admin.GetAsync($"/admin/promotions/{id}/uses"));

    private async Task<(long Reserved, long Committed)> CountsAsync(string id)
    {
        var uses = await UsesAsync(id);
        return (uses.Number("reserved"), uses.Number("committed"));
    }

    private static Task<Reply> InAsync(ApiClient client, HttpMethod method, string path, string language) =>
        client.SendAsync(method, path, more: ("Accept-Language", language));
}
