using SoonShop.Tests.Running;
using static SoonShop.Tests.Api.PricedShop;

namespace SoonShop.Tests.Api;

/// <summary>Carts and orders with promotions, taxes and currencies, in the demo shop with its rules and with rules of the tests.</summary>
public sealed class CartPricingTests(PricedShop shop) : IClassFixture<PricedShop>
{

    [Fact]
    public async Task a_cart_shows_what_the_order_then_costs()
    {
        var guest = await shop.GuestAsync();
        Expect.Status(200, await guest.PutAsync("/cart/currency", new { currency = "EUR" }));
        Expect.Status(200, await guest.FillCartAsync("MUG-STONE-350-SAND", 3));
        Assert.Null(Expect.Status(200, await guest.GetAsync("/cart"))["prices.tax"]);
        var shown = Expect.Status(200, await guest.PutAsync("/cart/destination", new { country = "DE", postalCode = "10115" }));
        Assert.Equal((4350, 1940, 490, 463, 2900), Sums(shown, "prices."));

        var order = Expect.Status(201, await OrderAsync(guest, Berlin, new { amount = 2900, currency = "EUR" }));
        Assert.Equal(("confirmed", "EUR"), (order.Text("status"), order.Text("total.currency")));
        Assert.Equal((4350, 1940, 490, 463, 2900), Sums(order, ""));
        Assert.Equal((1450, 2900), (order.Number("lines.0.discount.amount"), order.Number("payment.captured.amount")));
    }

    [Fact]
    public async Task refunds_by_unit_add_up_to_what_was_paid_whatever_the_rules_are_by_then()
    {
        var (code, id) = await shop.PromoteAsync(new { kind = "orderDiscount", percentPpm = 333_333 });
        var sku = await shop.Admin.CreateProductAsync(price: 1001);
        var guest = await shop.GuestAsync();
        Expect.Status(200, await guest.FillCartAsync(sku, 3));
        Expect.Status(200, await guest.PutAsync($"/cart/codes/{code}", null));
        var order = Expect.Status(201, await OrderAsync(guest, NewYork));
        // 30.03 less a third, and 8.875 % of what is left and of shipping.
        Assert.Equal((3003, 1001, 499, 222, 2723), Sums(order, ""));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/promotions/{id}"));

        var (refunded, before) = (new List<long>(), 0L);
        for (var unit = 0; unit < 3; unit++)
        {
            var reply = Expect.Status(200, await shop.Admin.PostAsync(
                $"/admin/orders/{order.Text("id")}/refunds", new { lines = new[] { new { sku, quantity = 1 } }, reason = "returned" },
                Guid.NewGuid().ToString()));
            refunded.Add(reply.Number("payment.refunded.amount") - before);
            before = reply.Number("payment.refunded.amount");
        }
        Assert.Equal(
            order.Number("lines.0.lineTotal.amount") - order.Number("lines.0.discount.amount") + order.Number("lines.0.tax.amount"),
            refunded.Sum());
        Assert.InRange(refunded.Max() - refunded.Min(), 0, 1);
    }

    [Fact]
    public async Task a_code_of_three_uses_gives_three_orders_a_discount_and_a_cancelled_one_gives_it_back()
    {
        var (code, _) = await shop.PromoteAsync(new { kind = "orderDiscount", percentPpm = 500_000 }, maxUses: 3);
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var carts = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => WithCodeAsync(sku, code)));
        var replies = await Task.WhenAll(carts.Select(c => OrderAsync(c, NewYork)));

        var bought = carts.Zip(replies).Where(r => (int)r.Second.Status == 201).ToArray();
        Assert.Equal(3, bought.Length);
        Assert.All(bought, r => Assert.Equal(500, r.Second.Number("discount.amount")));
        Assert.All(replies.Where(r => (int)r.Status != 201), r => Expect.Problem(409, "conflict", r));
        Expect.Problem(409, "conflict", await OrderAsync(await WithCodeAsync(sku, code), NewYork));

        Expect.Status(200, await bought[0].First.PostAsync($"/orders/{bought[0].Second.Text("id")}/cancel"));
        Assert.Equal(500, Expect.Status(201, await OrderAsync(await WithCodeAsync(sku, code), NewYork)).Number("discount.amount"));
        Expect.Problem(409, "conflict", await OrderAsync(await WithCodeAsync(sku, code), NewYork));
    }

    [Fact]
    public async Task a_declined_card_and_another_try_use_a_code_once()
    {
        var (code, _) = await shop.PromoteAsync(new { kind = "orderDiscount", percentPpm = 100_000 }, maxUses: 1);
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var guest = await WithCodeAsync(sku, code);
        var declined = Expect.Problem(402, "payment-declined", await OrderAsync(guest, NewYork, method: "pm_card_visa_chargeDeclined"));
        // The order that waits holds the use.
        Expect.Problem(409, "conflict", await OrderAsync(await WithCodeAsync(sku, code), NewYork));
        var paid = Expect.Status(200, await guest.PostAsync(
            $"/orders/{declined.Text("orderId")}/payments", new { paymentMethod = "pm_card_visa" }, Guid.NewGuid().ToString()));
        Assert.Equal(("confirmed", 100), (paid.Text("status"), paid.Number("discount.amount")));
        Expect.Problem(409, "conflict", await OrderAsync(await WithCodeAsync(sku, code), NewYork));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task the_last_use_of_a_code_that_a_carts_own_order_holds_is_there_for_its_next_checkout(bool isCustomer)
    {
        var (code, _) = await shop.PromoteAsync(
            new { kind = "orderDiscount", percentPpm = 100_000 }, maxUses: 1, maxUsesPerCustomer: 1,
            budget: new { amount = 100, currency = "USD" });
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var buyer = isCustomer ? await (await shop.GuestAsync()).AsNewCustomerAsync() : await shop.GuestAsync();
        Expect.Status(200, await buyer.FillCartAsync(sku));
        Expect.Status(200, await buyer.PutAsync($"/cart/codes/{code}", null));
        var email = isCustomer ? null : $"own-{Guid.NewGuid():N}@example.com";
        var first = Expect.Problem(
            402, "payment-declined", await OrderAsync(buyer, NewYork, method: "pm_card_visa_chargeDeclined", email: email));

        var shown = Expect.Status(
            200, await buyer.PutAsync("/cart/destination", new { country = "US", region = "NY", postalCode = "10004" }));
        Assert.Equal((100, 0), (shown.Number("prices.discount.amount"), shown["prices"]!["refusedCodes"]!.AsArray().Count));
        var stranger = Expect.Status(200, await (await WithCodeAsync(sku, code)).GetAsync("/cart"));
        Assert.Equal((0, code), (stranger.Number("prices.discount.amount"), stranger.Text("prices.refusedCodes.0.code")));

        var expected = new { amount = shown.Number("prices.total.amount"), currency = "USD" };
        var second = Expect.Status(201, await OrderAsync(buyer, NewYork, expected, email: email));
        Assert.Equal(("confirmed", 100), (second.Text("status"), second.Number("discount.amount")));
        Assert.Equal("cancelled", Expect.Status(200, await buyer.GetAsync($"/orders/{first.Text("orderId")}")).Text("status"));
    }

    [Fact]
    public async Task one_customer_uses_a_code_as_often_as_allowed_with_and_without_an_account()
    {
        var (code, _) = await shop.PromoteAsync(new { kind = "orderDiscount", percentPpm = 100_000 }, maxUsesPerCustomer: 1);
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var email = $"often-{Guid.NewGuid():N}@example.com";
        Expect.Status(201, await OrderAsync(await WithCodeAsync(sku, code), NewYork, email: email));
        Expect.Problem(409, "conflict", await OrderAsync(await WithCodeAsync(sku, code), NewYork, email: email.ToUpperInvariant()));
        Expect.Status(201, await OrderAsync(await WithCodeAsync(sku, code), NewYork));
    }

    [Fact]
    public async Task a_gift_that_is_not_in_stock_beside_what_the_cart_holds_is_no_gift()
    {
        var gift = await shop.Admin.CreateProductAsync(price: 300, stock: 2);
        var (code, _) = await shop.PromoteAsync(new { kind = "gift", giftSku = gift, getUnits = 2 });
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var guest = await WithCodeAsync(sku, code);
        Assert.Equal((2, 600), (
            Expect.Status(200, await guest.GetAsync("/cart")).Number("items.1.quantity"),
            (await guest.GetAsync("/cart")).Number("prices.discount.amount")));

        Expect.Status(200, await guest.FillCartAsync(gift));
        var without = Expect.Status(200, await guest.GetAsync("/cart"));
        Assert.Equal((2, code), (without["items"]!.AsArray().Count, without.Text("prices.refusedCodes.0.code")));
        Expect.Status(200, await guest.DeleteAsync($"/cart/items/{gift}"));
        var order = Expect.Status(201, await OrderAsync(guest, NewYork));
        Assert.Equal((true, 2), (order["lines"]![1]!["isGift"]!.GetValue<bool>(), order.Number("lines.1.quantity")));
        Expect.Problem(409, "conflict", await OrderAsync(await WithCodeAsync(sku, code), NewYork));
    }

    [Fact]
    public async Task nobody_has_to_pick_up_an_order_who_did_not_choose_to()
    {
        var guest = await shop.GuestAsync("EUR");
        Expect.Status(200, await guest.FillCartAsync("MUG-STONE-350-SAND"));
        var shown = Expect.Status(200, await guest.PutAsync("/cart/destination", new { country = "DE", postalCode = "10115" }));
        Assert.Equal(("standard", 490), (shown.Text("prices.shippingMethod.id"), shown.Number("prices.shipping.amount")));
        var chosen = Expect.Status(200, await guest.PutAsync("/cart/shipping-method", new { id = "pickup-berlin" }));
        Assert.Equal(("pickup-berlin", 0), (chosen.Text("prices.shippingMethod.id"), chosen.Number("prices.shipping.amount")));
    }

    [Fact]
    public async Task a_used_up_promotion_makes_no_shipping_method_look_cheap()
    {
        var (code, _) = await shop.PromoteAsync(
            new { kind = "shippingDiscount", percentPpm = 1_000_000, shippingMethods = new[] { "express-dhl" } }, maxUses: 1);
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var first = await WithCodeAsync(sku, code);
        Assert.Equal(("express-dhl", 0), await CheapestAsync(first));
        var order = Expect.Status(201, await OrderAsync(first, NewYork));
        Assert.Equal(order.Number("prices.shipping.amount"), order.Number("discount.amount"));

        var second = await WithCodeAsync(sku, code);
        Assert.Equal(("standard", 499), await CheapestAsync(second));
        var options = Expect.Status(200, await second.PostAsync("/cart/shipping-options", new { }))["items"]!.AsArray();
        Assert.Equal(1499, options.Single(o => o!["id"]!.GetValue<string>() == "express-dhl")!["price"]!["amount"]!.GetValue<long>());

        async Task<(string, long)> CheapestAsync(ApiClient guest)
        {
            var shown = Expect.Status(
                200, await guest.PutAsync("/cart/destination", new { country = "US", region = "NY", postalCode = "10004" }));
            return (
                shown.Text("prices.shippingMethod.id"), shown.Number("prices.shipping.amount") - shown.Number("prices.discount.amount"));
        }
    }

    [Fact]
    public async Task an_order_that_costs_nothing_is_confirmed_without_a_payment()
    {
        var (code, _) = await shop.PromoteAsync(new { kind = "orderDiscount", percentPpm = 1_000_000 }, combines: ["shipping"]);
        var (free, _) = await shop.PromoteAsync(new { kind = "shippingDiscount", percentPpm = 1_000_000 }, combines: ["order"]);
        var guest = await WithCodeAsync(await shop.Admin.CreateProductAsync(price: 1000), code);
        Expect.Status(200, await guest.PutAsync($"/cart/codes/{free}", null));
        var order = Expect.Status(201, await OrderAsync(guest, NewYork, method: "pm_card_visa_chargeDeclined"));
        Assert.Equal(("confirmed", 0, 0), (order.Text("status"), order.Number("total.amount"), order.Number("payment.captured.amount")));
    }

    [Fact]
    public async Task a_code_that_ended_is_told_of_and_not_silently_left_out()
    {
        var (code, id) = await shop.PromoteAsync(new { kind = "orderDiscount", percentPpm = 100_000 });
        var guest = await WithCodeAsync(await shop.Admin.CreateProductAsync(price: 1000), code);
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/promotions/{id}"));
        await Until.TrueAsync("the promotion has ended", TimeSpan.FromSeconds(60), async () =>
            (int)(await (await shop.GuestAsync()).PutAsync($"/cart/codes/{code}", null)).Status == 404);

        var refused = Expect.Problem(409, "conflict", await OrderAsync(guest, NewYork));
        Assert.Contains($"codes[{code}]", refused["errors"]!.ToJsonString(), StringComparison.Ordinal);
        Expect.Status(200, await guest.DeleteAsync($"/cart/codes/{code}"));
        Assert.Equal(0, Expect.Status(201, await OrderAsync(guest, NewYork)).Number("discount.amount"));
    }

    [Fact]
    public async Task a_guest_who_has_used_a_promotion_before_is_told_before_paying_more()
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
        var email = $"guest-{Guid.NewGuid():N}@example.com";
        var first = await FilledAsync();
        await Until.TrueAsync("the promotion is known", TimeSpan.FromSeconds(60), async () =>
            (await first.GetAsync("/cart")).Number("prices.discount.amount") == 500);
        Assert.Equal(500, Expect.Status(201, await OrderAsync(first, NewYork, email: email)).Number("discount.amount"));

        var again = await FilledAsync();
        Assert.Equal(500, (await again.GetAsync("/cart")).Number("prices.discount.amount"));
        var told = Expect.Problem(409, "conflict", await OrderAsync(again, NewYork, email: email));
        Assert.Equal((0, 1632), (told.Number("quote.prices.discount.amount"), told.Number("quote.total.amount")));
        Assert.Contains("send 1632 as expectedTotal", told.Text("detail"), StringComparison.Ordinal);
        var order = Expect.Status(201, await OrderAsync(again, NewYork, new { amount = 1632, currency = "USD" }, email: email));
        Assert.Equal((0, 1632), (order.Number("discount.amount"), order.Number("total.amount")));
        // Another buyer has not used it.
        Assert.Equal(500, Expect.Status(201, await OrderAsync(await FilledAsync(), NewYork)).Number("discount.amount"));

        async Task<ApiClient> FilledAsync()
        {
            var guest = await shop.GuestAsync();
            Expect.Status(200, await guest.FillCartAsync(sku));
            return guest;
        }
    }

    [Fact]
    public async Task a_reduced_price_is_shown_with_the_lowest_of_30_days_and_ends_by_itself()
    {
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var guest = await shop.GuestAsync();
        Assert.Equal("""[{"price":{"amount":1000,"currency":"USD"},"compareAtPrice":null,"lowestPrice30Days":null}]""", await ShownAsync());
        var patch = Make.Json("""{ "price": { "amount": 900 }, "compareAtPrice": { "amount": 1200, "currency": "USD" } }""");
        Expect.Status(200, await shop.Admin.SendAsync(HttpMethod.Patch, $"/products/{sku}", patch));
        const string Reduced = """{"price":{"amount":900,"currency":"USD"},"compareAtPrice":"""
            + """{"amount":1200,"currency":"USD"},"lowestPrice30Days":{"amount":1000,"currency":"USD"}}""";
        await Until.TrueAsync("the reduction is shown", TimeSpan.FromSeconds(60), async () => await ShownAsync() == $"[{Reduced}]");

        await SellAsync(DateTimeOffset.UtcNow.AddDays(1));
        await Until.TrueAsync(
            "the sale is shown", TimeSpan.FromSeconds(60), async () => IsOnSale(await guest.GetAsync($"/products/{sku}")));
        var during = await guest.GetAsync($"/products/{sku}");
        Assert.Equal((900, 950), (during.Number("price.amount"), during.Number("currentPrices.1.compareAtPrice.amount")));
        Assert.Equal(304, (int)(await guest.GetAsync($"/products/{sku}", during.Headers["ETag"])).Status);
        // The sale must still be on when it is looked at with its new end.
        var (ending, time, end) = (during, TimeSpan.FromSeconds(1), DateTimeOffset.UtcNow);
        await Until.TrueAsync("the sale is shown before it ends", TimeSpan.FromSeconds(60), async () =>
        {
            await SellAsync(end = DateTimeOffset.UtcNow + (time *= 2));
            ending = await guest.GetAsync($"/products/{sku}");
            return IsOnSale(ending) && ending.Headers["ETag"] != during.Headers["ETag"];
        });
        await Until.TrueAsync(
            "the sale's time is over", time * 2, () => Task.FromResult(DateTimeOffset.UtcNow > end + TimeSpan.FromMilliseconds(50)));
        var after = Expect.Status(200, await guest.GetAsync($"/products/{sku}", ending.Headers["ETag"]));
        Assert.Equal(
            (900, 1200, 700), (
                after.Number("currentPrices.0.price.amount"), after.Number("currentPrices.0.compareAtPrice.amount"),
                after.Number("currentPrices.0.lowestPrice30Days.amount")));

        Expect.Invalid("prices[0].compareAtPrice.currency", await shop.Admin.PutAsync($"/products/{sku}/prices", new
        {
            prices = new[]
            {
                new { price = new { amount = 800, currency = "EUR" }, compareAtPrice = new { amount = 950, currency = "USD" } },
            },
        }));
        Expect.Invalid("prices[0].compareAtPrice", await shop.Admin.PutAsync($"/products/{sku}/prices", new
        {
            prices = new[]
            {
                new
                {
                    price = new { amount = 800, currency = "EUR" },
                    minQuantity = 2,
                    compareAtPrice = new { amount = 950, currency = "EUR" },
                },
            },
        }));
        Expect.Invalid("compareAtPrice.currency", await shop.Admin.SendAsync(
            HttpMethod.Patch, $"/products/{sku}", Make.Json("""{ "compareAtPrice": { "amount": 1200, "currency": "EUR" } }""")));
        Expect.Status(200, await shop.Admin.SendAsync(HttpMethod.Patch, $"/products/{sku}", Make.Json("""{ "compareAtPrice": null }""")));
        Assert.Null((await shop.Admin.GetAsync($"/products/{sku}"))["compareAtPrice"]);

        async Task<string> ShownAsync() => Expect.Status(200, await guest.GetAsync($"/products/{sku}"))["currentPrices"]!.ToJsonString();

        async Task SellAsync(DateTimeOffset to)
        {
            object sale = new { price = new { amount = 700, currency = "USD" }, to };
            object euros = new { price = new { amount = 800, currency = "EUR" }, compareAtPrice = new { amount = 950, currency = "EUR" } };
            Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}/prices", new { prices = new[] { sale, euros } }));
        }

        static bool IsOnSale(Reply shown) => shown.Number("currentPrices.0.price.amount") == 700;
    }

    [Fact]
    public async Task without_a_price_in_a_currency_nothing_is_sold_in_it()
    {
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var guest = await shop.GuestAsync();
        Expect.Status(200, await guest.FillCartAsync(sku));
        Assert.False(
            Expect.Status(200, await guest.PutAsync("/cart/currency", new { currency = "EUR" }))["items.0.available"]!.GetValue<bool>());
        Expect.Problem(409, "conflict", await OrderAsync(guest, Berlin));
        Expect.Problem(409, "conflict", await (await shop.GuestAsync("EUR")).FillCartAsync(sku));

        Expect.Status(
            200, await shop.Admin.PutAsync(
                $"/products/{sku}/prices", new { prices = new[] { new { price = new { amount = 950, currency = "EUR" } } } }));
        Assert.Equal(950, Expect.Status(200, await guest.GetAsync("/cart")).Number("items.0.unitPrice.amount"));
        Assert.Equal("EUR", Expect.Status(201, await OrderAsync(guest, Berlin)).Text("total.currency"));
    }

    [Fact]
    public async Task choices_that_do_not_exist_are_refused()
    {
        var guest = await shop.GuestAsync();
        Expect.Problem(404, "not-found", await guest.PutAsync("/cart/codes/NOSUCHCODE", null));
        Expect.Invalid("id", await guest.PutAsync("/cart/shipping-method", new { id = "sledge" }));
        Expect.Invalid("currency", await guest.PutAsync("/cart/currency", new { currency = "dollars" }));
        Expect.Invalid("country", await guest.PutAsync("/cart/destination", new { country = "UK" }));
        Expect.Invalid("region", await guest.PutAsync("/cart/destination", new { country = "US", region = "Bavaria" }));
        Expect.Invalid("destination", await guest.PostAsync("/cart/shipping-options", new { }));
        var spoken = await guest.SendAsync(HttpMethod.Put, "/cart/codes/NOSUCHCODE", more: ("Accept-Language", "zh"));
        Assert.Contains("本店没有优惠码 NOSUCHCODE", spoken.Text("detail"), StringComparison.Ordinal);
    }

    private async Task<ApiClient> WithCodeAsync(string sku, string code)
    {
        var guest = await shop.GuestAsync();
        Expect.Status(200, await guest.FillCartAsync(sku));
        Expect.Status(200, await guest.PutAsync($"/cart/codes/{code}", null));
        return guest;
    }

    private static (long Subtotal, long Discount, long Shipping, long Tax, long Total) Sums(Reply reply, string path) => (
        reply.Number($"{path}subtotal.amount"), reply.Number($"{path}discount.amount"), reply.Number($"{path}shipping.amount"),
        reply.Number($"{path}tax.amount"), reply.Number($"{path}total.amount"));
}

/// <summary>A demo shop, whose rules the tests add to.</summary>
public sealed class PricedShop : IAsyncLifetime
{
    private Shop shop = null!;
    private ApiClient api = null!;

    internal static readonly object Berlin = Address("Berlin", null, "10115", "DE");
    internal static readonly object NewYork = Address("New York", "NY", "10004", "US");

    internal ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        (shop, api, _) = await DemoShop.StartAsync();
        Admin = await api.AsAdminAsync(DemoShop.AdminEmail, DemoShop.AdminPassword);
    }

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    internal Task<T> QueryAsync<T>(string sql, params object[] values) => shop.QueryAsync<T>(sql, values);

    internal async Task<ApiClient> GuestAsync(string? currency = null)
    {
        var guest = await api.AsGuestAsync();
        if (currency is not null)
            Expect.Status(200, await guest.PutAsync("/cart/currency", new { currency }));
        return guest;
    }

    /// <summary>Adds a promotion with a code of its own, which is known to carts a moment later.</summary>
    public async Task<(string Code, string Id)> PromoteAsync(
        object action, int? maxUses = null, int? maxUsesPerCustomer = null, string[]? combines = null, object? budget = null)
    {
        var id = $"p-{Guid.NewGuid():N}"[..12];
        var code = id.ToUpperInvariant();
        Expect.Status(201, await Admin.PostAsync("/admin/promotions", new
        {
            id,
            name = "A promotion of a test",
            trigger = "code",
            code,
            combines = combines ?? [],
            action,
            maxUses,
            maxUsesPerCustomer,
            budget = budget is null ? [] : new[] { budget },
        }));
        var guest = await GuestAsync();
        await Until.TrueAsync($"{code} is known", TimeSpan.FromSeconds(60), async () =>
            (int)(await guest.PutAsync($"/cart/codes/{code}", null)).Status == 200);
        return (code, id);
    }

    /// <summary>Orders what is in a cart.</summary>
    internal static Task<Reply> OrderAsync(
        ApiClient guest, object address, object? expectedTotal = null, string method = "pm_card_visa", string? email = null)
    {
        var body = new Dictionary<string, object>
        {
            ["paymentMethod"] = method,
            ["shippingAddress"] = address,
        };
        if (guest.AccessToken is null)
            body["email"] = email ?? $"guest-{Guid.NewGuid():N}@example.com";
        if (expectedTotal is not null)
            body["expectedTotal"] = expectedTotal;
        return guest.PostAsync("/orders", body, Guid.NewGuid().ToString());
    }

    private static object Address(string city, string? region, string postalCode, string country) =>
        new { name = "Ada Lovelace", line1 = "1 Main St", city, region, postalCode, country };
}
