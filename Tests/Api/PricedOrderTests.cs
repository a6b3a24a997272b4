using System.Text.Json.Nodes;
using SoonShop.Tests.Running;
using static SoonShop.Tests.Api.PricedShop;

namespace SoonShop.Tests.Api;

/// <summary>Price lists, taxes and currencies from the cart to the order, and rules that change in between.</summary>
public sealed class PricedOrderTests(PricedShop shop) : IClassFixture<PricedShop>
{
    [Theory]
    [InlineData("promotion")]
    [InlineData("tax")]
    [InlineData("price list")]
    public async Task a_rule_that_changes_after_the_cart_was_shown_is_told_with_the_new_quote(string kind)
    {
        var (id, sku) = ($"r-{Guid.NewGuid():N}"[..12], await shop.Admin.CreateProductAsync(price: 1000));
        var buyer = await (await shop.GuestAsync()).AsNewCustomerAsync();
        // Each in a state of its own, because the rules of one are in force for the others.
        var (city, state, code) = kind switch
        {
            "promotion" => ("Boise", "ID", "83702"),
            "tax" => ("Salt Lake City", "UT", "84101"),
            _ => ("Helena", "MT", "59601"),
        };
        Func<Task<Reply>> change;
        switch (kind)
        {
            case "promotion":
                Expect.Status(201, await shop.Admin.PostAsync("/admin/promotions", new
                {
                    id,
                    name = "Half price",
                    conditions = new { items = new { skus = new[] { sku } } },
                    action = new { kind = "orderDiscount", percentPpm = 500_000 },
                }));
                change = () => shop.Admin.DeleteAsync($"/admin/promotions/{id}");
                break;
            case "tax":
                Expect.Status(201, await shop.Admin.PostAsync(
                    "/admin/tax/zones", new { id, name = "Utah", areas = new[] { new { country = "US", region = "Utah" } } }));
                Expect.Status(201, await shop.Admin.PostAsync("/admin/tax/rates", new { id, name = "Tax", zoneId = id, ppm = 50_000 }));
                change = () => shop.Admin.PutAsync($"/admin/tax/rates/{id}", new { name = "Tax", zoneId = id, ppm = 100_000 });
                break;
            default:
                await shop.Admin.CreateGroupAsync(id);
                await JoinAsync(buyer, id);
                Expect.Status(201, await shop.Admin.PostAsync(
                    "/admin/price-lists", new { id, name = "Friends", customerGroups = new[] { id } }));
                await PriceAsync(sku, new { price = new { amount = 800, currency = "USD" }, listId = id });
                change = () => shop.Admin.DeleteAsync($"/admin/price-lists/{id}");
                break;
        }
        Expect.Status(200, await buyer.FillCartAsync(sku));
        Expect.Status(200, await buyer.PutAsync("/cart/destination", new { country = "US", region = state, postalCode = code }));
        var (before, after) = kind switch { "promotion" => (999, 1499), "tax" => (1574, 1649), _ => (1299, 1499) };
        await ShownAsync(before);
        var changed = await change();
        Assert.True((int)changed.Status is 200 or 204, changed.Body);
        // Another look at the cart would show the new price; this one does not store it.
        await Until.TrueAsync("the change is in force", TimeSpan.FromSeconds(60), async () =>
            (await buyer.PostAsync("/cart/quote", new { })).Number("prices.total.amount") == after);

        var refused = Expect.Problem(409, "conflict", await OrderAsync(before));
        Assert.Equal(after, refused.Number("quote.total.amount"));
        Assert.Empty((await buyer.GetAsync("/orders"))["items"]!.AsArray());
        Assert.Equal(after, Expect.Status(201, await OrderAsync(after)).Number("total.amount"));

        Task ShownAsync(long total) => Until.TrueAsync($"the cart shows {total}", TimeSpan.FromSeconds(60), async () =>
            (await buyer.GetAsync("/cart")).Number("prices.total.amount") == total);

        Task<Reply> OrderAsync(long total) => PricedShop.OrderAsync(
            buyer, new { name = "Ada", line1 = "1 Main St", city, region = state, postalCode = code, country = "US" },
            new { amount = total, currency = "USD" });
    }

    [Fact]
    public async Task a_group_an_exemption_and_a_first_order_count_in_the_cart_and_in_the_order()
    {
        var (id, sku) = ($"r-{Guid.NewGuid():N}"[..12], await shop.Admin.CreateProductAsync(price: 1000));
        await shop.Admin.CreateGroupAsync(id);
        Expect.Status(
            201, await shop.Admin.PostAsync("/admin/price-lists", new { id, name = "Friends", customerGroups = new[] { id } }));
        await PriceAsync(sku, new { price = new { amount = 800, currency = "USD" }, listId = id });
        Expect.Status(201, await shop.Admin.PostAsync("/admin/promotions", new
        {
            id,
            name = "Welcome",
            conditions = new { firstOrderOnly = true, items = new { skus = new[] { sku } } },
            action = new { kind = "orderDiscount", percentPpm = 100_000 },
        }));
        var buyer = await (await shop.GuestAsync()).AsNewCustomerAsync();
        await JoinAsync(buyer, id, "VAT DE123456789");
        Expect.Status(200, await buyer.FillCartAsync(sku));
        Expect.Status(200, await buyer.PutAsync("/cart/destination", new { country = "US", region = "NY", postalCode = "10004" }));
        // 8.00 less a tenth, and no tax on it.
        await Until.TrueAsync("the rules are in force", TimeSpan.FromSeconds(60), async () =>
            (await buyer.GetAsync("/cart")).Number("prices.total.amount") == 720 + 499);
        var cart = Expect.Status(200, await buyer.GetAsync("/cart"));
        Assert.Equal(
            (800, 80, 0, "VAT DE123456789"), (
                cart.Number("items.0.unitPrice.amount"), cart.Number("prices.discount.amount"), cart.Number("prices.tax.amount"),
                cart.Text("prices.taxExemptionReason")));

        var order = Expect.Status(201, await OrderAsync(buyer, NewYork, new { amount = 1219, currency = "USD" }));
        Assert.Equal(
            (1219, 80, 0, "VAT DE123456789"), (
                order.Number("total.amount"), order.Number("discount.amount"), order.Number("tax.amount"),
                order.Text("prices.taxExemptionReason")));
        Assert.Equal("VAT DE123456789", await ConfirmedAsync(order.Text("id"), "taxExemptionReason"));
        Expect.Status(200, await buyer.FillCartAsync(sku));
        Assert.Equal((0, 1299), (
            (await buyer.GetAsync("/cart")).Number("prices.discount.amount"),
            (await buyer.GetAsync("/cart")).Number("prices.total.amount")));
        // A stranger gets none of it.
        var guest = await shop.GuestAsync();
        Assert.Equal(1000, Expect.Status(200, await guest.FillCartAsync(sku)).Number("items.0.unitPrice.amount"));
        Assert.Null((await guest.GetAsync("/cart"))["prices.taxExemptionReason"]);
    }

    [Fact]
    public async Task to_price_a_cart_with_other_choices_stores_nothing()
    {
        var guest = await shop.GuestAsync();
        Expect.Status(200, await guest.FillCartAsync("MUG-STONE-350-SAND", 3));
        Expect.Status(200, await guest.PutAsync("/cart/destination", new { country = "US", region = "NY", postalCode = "10004" }));
        var before = Expect.Status(200, await guest.GetAsync("/cart"));
        object[] others =
        [
            new { destination = new { country = "DE", postalCode = "10115" } }, new { codes = new[] { "WELCOME10" } },
            new { currency = "EUR" }, new { shippingMethod = "express-dhl" },
            new
            {
                destination = new { country = "DE" },
                currency = "EUR",
                codes = new[] { "TEATIME", "NONE" },
                shippingMethod = "pickup-berlin",
            },
        ];
        foreach (var other in others)
        {
            var quote = Expect.Status(200, await guest.PostAsync("/cart/quote", other));
            Assert.NotEqual(before["prices"]!.ToJsonString(), quote["prices"]!.ToJsonString());
            var after = await guest.GetAsync("/cart");
            Assert.Equal((Stored(before), before.Headers["ETag"]), (Stored(after), after.Headers["ETag"]));
        }

        // Rules of other tests, which do not concern this cart, may come into force between two looks at it.
        static string Stored(Reply cart)
        {
            var shown = JsonNode.Parse(cart.Body)!;
            Assert.True(shown["prices"]!.AsObject().Remove("rulesVersion"));
            return shown.ToJsonString();
        }
    }

    [Theory]
    [InlineData("JPY", 1234)]
    [InlineData("KWD", 12340)]
    public async Task a_currency_without_hundredths_is_paid_and_refunded_by_unit_to_the_last_coin(string currency, long price)
    {
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        Expect.Status(200, await shop.Admin.PatchAsync($"/products/{sku}", Make.Json("""{ "requiresShipping": false }""")));
        await PriceAsync(sku, new { price = new { amount = price, currency } });
        var guest = await shop.GuestAsync(currency);
        Expect.Status(200, await guest.FillCartAsync(sku, 3));
        var shown = Expect.Status(
            200, await guest.PutAsync("/cart/destination", new { country = "US", region = "NY", postalCode = "10004" }));
        var step = Currencies.ChargeStep(currency);
        var total = shown.Number("prices.total.amount");
        var rounding = shown["prices.rounding"] is null ? 0 : shown.Number("prices.rounding.amount");
        Assert.Equal(0, total % step);
        Assert.Equal(total, 3 * price + shown.Number("prices.tax.amount") + rounding);

        var told = Expect.Problem(409, "conflict", await OrderAsync(guest, NewYork, new { amount = total + step, currency }));
        Assert.Contains(
            $"costs {Currencies.Format(total, currency)} {currency}, not {Currencies.Format(total + step, currency)} {currency}",
            told.Text("detail"), StringComparison.Ordinal);
        var order = Expect.Status(201, await OrderAsync(guest, NewYork, new { amount = total, currency }));
        Assert.Equal((total, total), (order.Number("total.amount"), order.Number("payment.captured.amount")));
        if (currency == "KWD")
            Assert.Equal(Make.Text(rounding), await ConfirmedAsync(order.Text("id"), "rounding,amount"));
        for (var unit = 1; unit <= 3; unit++)
        {
            order = Expect.Status(200, await shop.Admin.PostAsync(
                $"/admin/orders/{order.Text("id")}/refunds", new { lines = new[] { new { sku, quantity = 1 } }, reason = "returned" },
                Guid.NewGuid().ToString()));
            Assert.Equal(0, order.Number("payment.refunded.amount") % step);
        }
        Assert.Equal((total, "refunded"), (order.Number("payment.refunded.amount"), order.Text("payment.status")));
    }

    [Fact]
    public async Task an_order_that_is_cancelled_after_a_part_was_refunded_gives_back_exactly_the_rest()
    {
        var (code, id) = await shop.PromoteAsync(new { kind = "orderDiscount", percentPpm = 333_333 }, maxUses: 1);
        var sku = await shop.Admin.CreateProductAsync(price: 1001);
        var guest = await shop.GuestAsync();
        Expect.Status(200, await guest.FillCartAsync(sku, 3));
        Expect.Status(200, await guest.PutAsync($"/cart/codes/{code}", null));
        var order = Expect.Status(201, await OrderAsync(guest, NewYork));
        Expect.Status(200, await shop.Admin.PostAsync(
            $"/admin/orders/{order.Text("id")}/refunds", new { lines = new[] { new { sku, quantity = 1 } }, reason = "broken" },
            Guid.NewGuid().ToString()));

        var cancelled = Expect.Status(200, await guest.PostAsync($"/orders/{order.Text("id")}/cancel"));

        Assert.Equal(("cancelled", 2723), (cancelled.Text("status"), cancelled.Number("payment.refunded.amount")));
        var uses = Expect.Status(200, await shop.Admin.GetAsync($"/admin/promotions/{id}/uses"));
        Assert.Equal((0, 0), (uses.Number("reserved"), uses.Number("committed")));
        Assert.Equal(100, (await shop.Admin.GetAsync($"/inventory/{sku}")).Number("available"));
    }

    [Fact]
    public async Task a_place_is_the_same_by_any_of_its_names_in_zones_carts_and_previews()
    {
        var (id, sku) = ($"r-{Guid.NewGuid():N}"[..12], await shop.Admin.CreateProductAsync(price: 1000));
        var zone = Expect.Status(201, await shop.Admin.PostAsync(
            "/admin/tax/zones", new { id, name = "Kansas", areas = new[] { new { country = "US", region = "kansas" } } }));
        Assert.Equal("KS", zone.Text("areas.0.region"));
        Expect.Status(201, await shop.Admin.PostAsync("/admin/tax/rates", new { id, name = "Tax", zoneId = id, ppm = 100_000 }));

        foreach (var region in (string[])["Kansas", "KS", " ks "])
        {
            var preview = Expect.Status(200, await PreviewAsync(new { country = "US", region }));
            Assert.Equal((id, 1649), (preview.Text("taxes.0.zoneId"), preview.Number("total.amount")));
        }
        Assert.Equal(0, Expect.Status(200, await PreviewAsync(new { country = "US", region = "Nevada" })).Number("tax.amount"));
        Expect.Invalid("destination.region", await PreviewAsync(new { country = "US", region = "Bavaria" }));
        var guest = await shop.GuestAsync();
        Expect.Status(200, await guest.FillCartAsync(sku));
        await Until.TrueAsync("the rules are in force", TimeSpan.FromSeconds(60), async () =>
            (await guest.PutAsync("/cart/destination", new { country = "US", region = "kansas" })).Number("prices.tax.amount") == 150);
        // As an order's address, a cart's destination has its country's form: a zone may look at the beginning of the postal code.
        var german = Expect.Status(200, await guest.PutAsync("/cart/destination", new { country = "DE", postalCode = "D-10115" }));
        Assert.Equal("10115", german.Text("choices.destination.postalCode"));

        Task<Reply> PreviewAsync(object destination) => shop.Admin.PostAsync(
            "/admin/pricing/preview",
            new { lines = new[] { new { sku, quantity = 1 } }, destination, shippingMethod = "standard" });
    }

    [Fact]
    public async Task a_price_of_no_currency_or_of_no_list_is_refused()
    {
        var sku = await shop.Admin.CreateProductAsync();
        Expect.Invalid("currency", await (await shop.GuestAsync()).PutAsync("/cart/currency", new { currency = "QQQ" }));
        Expect.Invalid("currency", await (await shop.GuestAsync()).PostAsync("/cart/quote", new { currency = "QQQ" }));
        Expect.Invalid("prices[0].price.currency", await SetAsync(new { price = new { amount = 1, currency = "QQQ" } }));
        Expect.Invalid("prices[0].listId", await SetAsync(new { price = new { amount = 1, currency = "USD" }, listId = "nowhere" }));
        Expect.Status(200, await SetAsync(new { price = new { amount = 1, currency = "USD" }, listId = "trade" }));

        // A list that the price had before it was archived stays.
        var id = await shop.Admin.CreateGroupAsync();
        Expect.Status(
            201, await shop.Admin.PostAsync("/admin/price-lists", new { id, name = "Friends", customerGroups = new[] { id } }));
        Expect.Status(200, await SetAsync(new { price = new { amount = 1, currency = "USD" }, listId = id }));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/price-lists/{id}"));
        Expect.Status(200, await SetAsync(new { price = new { amount = 2, currency = "USD" }, listId = id }));

        Task<Reply> SetAsync(object price) => shop.Admin.PutAsync($"/products/{sku}/prices", new { prices = new[] { price } });
    }

    [Fact]
    public async Task a_repeated_refusal_has_the_language_of_the_repetition()
    {
        var guest = await shop.GuestAsync("EUR");
        Expect.Status(200, await guest.FillCartAsync("MUG-STONE-350-SAND", 3));
        var key = Guid.NewGuid().ToString();
        var body = new
        {
            email = "ada@example.com",
            paymentMethod = "pm_card_visa",
            shippingAddress = Berlin,
            expectedTotal = new { amount = 1, currency = "EUR" },
        };
        (string, string)[] names = [("zh-CN", "马克杯买三付二"), ("en", "Buy three mugs, pay two"), ("zh-CN", "马克杯买三付二")];
        foreach (var (language, name) in names)
        {
            var refused = Expect.Problem(
                409, "conflict", await guest.SendAsync(HttpMethod.Post, "/orders", body, key, more: ("Accept-Language", language)));
            Assert.Equal(name, refused.Text("quote.prices.promotions.0.name"));
        }
    }

    private async Task JoinAsync(ApiClient buyer, string group, string? exemption = null) => Expect.Status(
        200, await shop.Admin.PutAsync(
            $"/admin/users/{(await buyer.GetAsync("/me")).Text("id")}/pricing",
            new { groups = new[] { group }, taxExemptionReason = exemption }));

    private async Task PriceAsync(string sku, object price) =>
        Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}/prices", new { prices = new[] { price } }));

    /// <summary>A member of the event that an order's mail is made from.</summary>
    private Task<string> ConfirmedAsync(string order, string path) => shop.QueryAsync<string>(
        "select data #>> string_to_array($2, ',') from event where type = 'order.confirmed' and data -> 'order' ->> 'orderId' = $1",
        order, path);
}
