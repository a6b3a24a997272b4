using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(RunningShop))]
public sealed class CartTests(RunningShop shop)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_cart_is_filled_changed_and_emptied(bool guest)
    {
        var (one, two) = (await shop.Admin.CreateProductAsync(price: 250), await shop.Admin.CreateProductAsync(price: 100));
        var buyer = guest ? await shop.Api.AsGuestAsync() : await shop.Api.AsNewCustomerAsync();
        Expect.Status(200, await buyer.FillCartAsync(one, 2));
        var cart = Expect.Status(200, await buyer.FillCartAsync(two.ToLowerInvariant(), 5));
        Assert.Equal(
            (one, 2, 250, 500), (
                cart.Text("items.0.sku"), cart.Number("items.0.quantity"), cart.Number("items.0.unitPrice.amount"),
                cart.Number("items.0.lineTotal.amount")));
        Assert.Equal((two, 5, 1000), (cart.Text("items.1.sku"), cart.Number("items.1.quantity"), cart.Number("subtotal.amount")));
        Assert.True(cart["items.0.available"]!.GetValue<bool>());
        Assert.Equal(cart.Body, (await buyer.GetAsync("/cart")).Body);

        Assert.Equal(1, Expect.Status(200, await buyer.FillCartAsync(two, 1)).Number("items.1.quantity"));
        Assert.Single(Expect.Status(200, await buyer.FillCartAsync(one, 0))["items"]!.AsArray());
        Assert.Empty(Expect.Status(200, await buyer.DeleteAsync($"/cart/items/{two}"))["items"]!.AsArray());
        Expect.Status(200, await buyer.DeleteAsync($"/cart/items/{two}"));
        await buyer.FillCartAsync(one);
        Expect.Status(204, await buyer.DeleteAsync("/cart"));
        Expect.Status(204, await buyer.DeleteAsync("/cart"));
        Assert.Empty(Expect.Status(200, await buyer.GetAsync("/cart"))["items"]!.AsArray());
    }

    [Fact]
    public async Task a_new_cart_is_empty_and_has_its_own_id()
    {
        var (one, two) = (Expect.Status(201, await shop.Api.PostAsync("/carts")), Expect.Status(201, await shop.Api.PostAsync("/carts")));
        Assert.Equal("/api/v1/cart", one.Headers["Location"]);
        Assert.Equal("""{"amount":0,"currency":"USD"}""", one["subtotal"]!.ToJsonString());
        Assert.NotEqual(one.Text("id"), two.Text("id"));
    }

    [Fact]
    public async Task a_cart_is_written_with_its_first_item_and_is_there_before()
    {
        var sku = await shop.Admin.CreateProductAsync();
        var opened = Expect.Status(201, await shop.Api.PostAsync("/carts"));
        var guest = shop.Api with { CartId = opened.Text("id") };

        var seen = Expect.Status(200, await guest.GetAsync("/cart"));
        Assert.Equal((opened.Body, opened.Headers["ETag"]), (seen.Body, seen.Headers["ETag"]));
        Assert.Equal(opened.Body, Expect.Status(200, await guest.FillCartAsync(sku, 0)).Body);
        Assert.Equal(opened.Body, Expect.Status(200, await guest.DeleteAsync($"/cart/items/{sku}")).Body);
        Expect.Status(204, await guest.DeleteAsync("/cart"));
        Expect.Invalid("quantity", await guest.FillCartAsync(sku, -1));
        Expect.Problem(404, "not-found", await guest.FillCartAsync("NO-SUCH-PRODUCT"));
        Expect.Problem(409, "cart-empty", await guest.OrderAsync());
        Assert.Empty(Expect.Status(200, await guest.GetAsync("/orders"))["items"]!.AsArray());
        Expect.Problem(404, "not-found", await guest.GetAsync($"/orders/{Guid.NewGuid()}"));
        Assert.Equal(0, await RowsAsync(guest));

        Expect.Status(200, await guest.FillCartAsync(sku));
        Assert.Equal(1, await RowsAsync(guest));
        Expect.Status(201, await guest.OrderAsync());
        Assert.Single(Expect.Status(200, await guest.GetAsync("/orders"))["items"]!.AsArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task what_a_guest_chose_for_an_empty_cart_goes_over_to_the_account(bool byLogin)
    {
        var guest = await shop.Api.AsGuestAsync();
        Expect.Status(200, await guest.PutAsync("/cart/currency", new { currency = "CNY" }));
        Expect.Status(200, await guest.PutAsync("/cart/destination", new { country = "GB", postalCode = "SW1Y 4LE" }));
        var customer = await Customer.RegisterAsync(shop.Api);
        if (byLogin)
            customer = await customer.LoginAsync(cartId: guest.CartId);
        else
            Expect.Status(200, await customer.Api.PostAsync("/cart/merge", new { cartId = guest.CartId }));

        var cart = Expect.Status(200, await customer.Api.GetAsync("/cart"));

        Assert.Equal(
            ("CNY", "CNY", "GB"),
            (cart.Text("subtotal.currency"), cart.Text("choices.currency"), cart.Text("choices.destination.country")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_cart_that_was_never_filled_goes_over_to_one_customer(bool byLogin)
    {
        var guest = await shop.Api.AsGuestAsync();
        var (customer, other) = (await Customer.RegisterAsync(shop.Api), await Customer.RegisterAsync(shop.Api));
        for (var i = 0; i < 2; i++)
        {
            if (byLogin)
                await customer.LoginAsync(cartId: guest.CartId);
            else
                Assert.Empty(
                    Expect.Status(200, await customer.Api.PostAsync("/cart/merge", new { cartId = guest.CartId }))["items"]!.AsArray());
        }

        Expect.Problem(404, "not-found", await other.Api.PostAsync("/cart/merge", new { cartId = guest.CartId }));
        Expect.Problem(404, "not-found", await guest.GetAsync("/cart"));
        Expect.Problem(404, "not-found", await guest.FillCartAsync(await shop.Admin.CreateProductAsync()));
        Assert.Empty(Expect.Status(200, await customer.Api.GetAsync("/cart"))["items"]!.AsArray());
    }

    /// <summary>Also one of the form that the shop issues.</summary>
    [Fact]
    public async Task an_id_that_was_made_up_is_no_carts()
    {
        var sku = await shop.Admin.CreateProductAsync();
        var issued = (await shop.Api.AsGuestAsync()).CartId!;
        foreach (var id in (string[])[
            issued[..^1] + (issued[^1] == '0' ? '1' : '0'), (issued[0] == '0' ? '1' : '0') + issued[1..], $"{Deterministic.Id(issued)}",
            $"{Guid.NewGuid()}"])
        {
            var stranger = shop.Api with { CartId = id };
            Expect.Problem(404, "not-found", await stranger.GetAsync("/cart"));
            Expect.Problem(404, "not-found", await stranger.FillCartAsync(sku));
            Expect.Problem(404, "not-found", await stranger.DeleteAsync("/cart"));
            Expect.Problem(404, "not-found", await stranger.OrderAsync());
            Expect.Problem(404, "not-found", await (await shop.Api.AsNewCustomerAsync()).PostAsync("/cart/merge", new { cartId = id }));
            Assert.Equal(0, await RowsAsync(stranger));
        }
        Expect.Status(200, await (shop.Api with { CartId = issued.ToUpperInvariant() }).GetAsync("/cart"));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1000")]
    [InlineData("null")]
    [InlineData("1.5")]
    [InlineData("99999999999")]
    [InlineData("\"many\"")]
    public async Task a_quantity_has_limits(string quantity)
    {
        var sku = await shop.Admin.CreateProductAsync();
        var guest = await shop.Api.AsGuestAsync();
        Expect.Status(200, await guest.FillCartAsync(sku, 999));
        Expect.Invalid("quantity", await guest.PutAsync($"/cart/items/{sku}", Make.Json($$"""{ "quantity": {{quantity}} }""")));
        Assert.Equal(999, (await guest.GetAsync("/cart")).Number("items.0.quantity"));
    }

    [Fact]
    public async Task an_unknown_product_cannot_be_put_into_a_cart()
    {
        var guest = await shop.Api.AsGuestAsync();
        foreach (var sku in (string[])["NO-SUCH-PRODUCT", "-x", "a%20b"])
        {
            Expect.Problem(404, "not-found", await guest.FillCartAsync(sku));
            Expect.Problem(404, "not-found", await guest.FillCartAsync(sku, 0));
        }
    }

    [Fact]
    public async Task a_cart_holds_a_hundred_lines()
    {
        var skus = await Task.WhenAll(Enumerable.Range(0, 101).Select(_ => shop.Admin.CreateProductAsync(stock: 0)));
        var guest = await shop.Api.AsGuestAsync();
        foreach (var sku in skus[..100])
            Expect.Status(200, await guest.FillCartAsync(sku));
        Expect.Problem(409, "conflict", await guest.FillCartAsync(skus[100]));
        Expect.Status(200, await guest.FillCartAsync(skus[0], 2));
        Expect.Status(200, await guest.FillCartAsync(skus[1], 0));
        Assert.Equal(100, Expect.Status(200, await guest.FillCartAsync(skus[100]))["items"]!.AsArray().Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_guest_cart_goes_over_to_the_customer_once(bool byLogin)
    {
        var (shared, own, full) = (
            await shop.Admin.CreateProductAsync(), await shop.Admin.CreateProductAsync(), await shop.Admin.CreateProductAsync());
        var customer = await Customer.RegisterAsync(shop.Api);
        await customer.Api.FillCartAsync(shared, 2);
        await customer.Api.FillCartAsync(full, 998);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(own, 1);
        await guest.FillCartAsync(shared, 3);
        await guest.FillCartAsync(full, 2);

        for (var i = 0; i < 2; i++)
        {
            if (byLogin)
                await customer.LoginAsync(cartId: guest.CartId);
            else
                Expect.Status(200, await customer.Api.PostAsync("/cart/merge", new { cartId = guest.CartId }));
        }
        var cart = await customer.Api.GetAsync("/cart");
        Assert.Equal([(shared, 5), (full, 999), (own, 1)], Lines(cart));

        Expect.Problem(404, "not-found", await guest.GetAsync("/cart"));
        Expect.Problem(404, "not-found", await guest.FillCartAsync(own));
        Expect.Problem(404, "not-found", await guest.DeleteAsync("/cart"));
        Expect.Problem(404, "not-found", await guest.OrderAsync());
        Expect.Problem(
            404, "not-found", await (await Customer.RegisterAsync(shop.Api)).Api.PostAsync("/cart/merge", new { cartId = guest.CartId }));
    }

    [Fact]
    public async Task of_two_customers_who_claim_a_guest_cart_at_once_one_gets_it()
    {
        var sku = await shop.Admin.CreateProductAsync();
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, 3);
        var customers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => shop.Api.AsNewCustomerAsync()));
        var replies = await Task.WhenAll(customers.Select(c => c.PostAsync("/cart/merge", new { cartId = guest.CartId })));
        Assert.Equal([200, 404, 404, 404], replies.Select(r => (int)r.Status).Order());
        var units = await Task.WhenAll(customers.Select(async c => Lines(await c.GetAsync("/cart")).Sum(l => l.Quantity)));
        Assert.Equal(3, units.Sum());
    }

    [Fact]
    public async Task a_cart_that_cannot_be_merged_is_not_found_and_does_not_hinder_a_login()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var other = await Customer.RegisterAsync(shop.Api);
        foreach (var cartId in (string[])[other.Id, customer.Id, $"{Guid.NewGuid()}"])
        {
            Expect.Problem(404, "not-found", await customer.Api.PostAsync("/cart/merge", new { cartId }));
            await customer.LoginAsync(cartId: cartId);
        }
        Expect.Invalid("cartId", await customer.Api.PostAsync("/cart/merge", new { cartId = Guid.Empty }));
        Expect.Invalid("cartId", await customer.Api.PostAsync("/cart/merge", new { }));
        Expect.Problem(
            401, "unauthenticated", await (await shop.Api.AsGuestAsync()).PostAsync("/cart/merge", new { cartId = customer.Id }));
    }

    [Fact]
    public async Task a_changed_price_is_shown_before_it_is_charged()
    {
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, 2);
        await PriceAsync(sku, 1500);

        var unseen = Expect.Problem(409, "conflict", await guest.OrderAsync());
        Assert.Contains(sku, Expect.Fields(unseen));
        Assert.Equal(0, (await shop.Admin.GetAsync($"/inventory/{sku}")).Number("reserved"));

        var cart = Expect.Status(200, await guest.GetAsync("/cart"));
        Assert.Equal(
            (1500, 1000, 3000),
            (cart.Number("items.0.unitPrice.amount"), cart.Number("items.0.previousUnitPrice.amount"), cart.Number("subtotal.amount")));
        Assert.Null(Expect.Status(200, await guest.FillCartAsync(sku, 2))["items.0.previousUnitPrice"]);
        Assert.Equal(3000, Expect.Status(201, await guest.OrderAsync()).Number("subtotal.amount"));
    }

    [Fact]
    public async Task a_lower_price_is_shown_too()
    {
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku);
        await PriceAsync(sku, 900);
        Assert.Equal(1000, (await guest.GetAsync("/cart")).Number("items.0.previousUnitPrice.amount"));
        Assert.Equal(900, Expect.Status(201, await guest.OrderAsync()).Number("subtotal.amount"));
    }

    [Fact]
    public async Task an_archived_product_stays_in_the_cart_but_cannot_be_ordered()
    {
        var (gone, other) = (await shop.Admin.CreateProductAsync(price: 1000), await shop.Admin.CreateProductAsync(price: 100));
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(gone);
        await guest.FillCartAsync(other);
        await shop.Admin.DeleteAsync($"/products/{gone}");
        var cart = await guest.GetAsync("/cart");
        Assert.False(cart["items.0.available"]!.GetValue<bool>());
        Assert.Equal(("outOfStock", 100), (cart.Text("items.0.availability"), cart.Number("subtotal.amount")));
        Assert.Contains(gone, Expect.Fields(Expect.Problem(409, "conflict", await guest.OrderAsync())));
        Expect.Problem(409, "conflict", await guest.FillCartAsync(gone, 2));
        Expect.Status(200, await guest.FillCartAsync(gone, 0));
        Expect.Status(201, await guest.OrderAsync());
    }

    [Fact]
    public async Task a_line_beyond_the_stock_is_shown_as_not_available()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 2);
        var guest = await shop.Api.AsGuestAsync();
        var cart = await guest.FillCartAsync(sku, 3);
        Assert.False(cart["items.0.available"]!.GetValue<bool>());
        Assert.Equal(("lowStock", 0), (cart.Text("items.0.availability"), cart.Number("subtotal.amount")));
        Assert.True((await guest.FillCartAsync(sku, 2))["items.0.available"]!.GetValue<bool>());
    }

    [Fact]
    public async Task an_empty_cart_cannot_be_ordered() =>
        Expect.Problem(409, "cart-empty", await (await shop.Api.AsGuestAsync()).OrderAsync());

    [Fact]
    public async Task somebody_elses_cart_does_not_exist()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var sku = await shop.Admin.CreateProductAsync();
        await customer.Api.FillCartAsync(sku);
        foreach (var id in (string[])[customer.Id, $"{Guid.NewGuid()}"])
        {
            var stranger = shop.Api with { CartId = id };
            Expect.Problem(404, "not-found", await stranger.GetAsync("/cart"));
            Expect.Problem(404, "not-found", await stranger.FillCartAsync(sku));
            Expect.Problem(404, "not-found", await stranger.DeleteAsync("/cart"));
            Expect.Problem(404, "not-found", await stranger.OrderAsync());
        }
        Assert.Equal([(sku, 1)], Lines(await customer.Api.GetAsync("/cart")));
    }

    [Fact]
    public async Task a_customers_token_counts_for_more_than_a_cart_header()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var guest = await shop.Api.AsGuestAsync();
        Assert.Equal(customer.Id, (await (customer.Api with { CartId = guest.CartId }).GetAsync("/cart")).Text("id"));
    }

    [Fact]
    public async Task without_token_and_cart_there_is_nobody()
    {
        Expect.Problem(401, "unauthenticated", await shop.Api.GetAsync("/cart"));
        Expect.Problem(401, "unauthenticated", await shop.Api.FillCartAsync("ANY"));
        Expect.Problem(401, "unauthenticated", await shop.Api.GetAsync("/orders"));
        Expect.Problem(401, "unauthenticated", await shop.Api.OrderAsync());
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.")]
    public async Task a_bad_token_is_refused_even_beside_a_cart(string token)
    {
        var guest = await shop.Api.AsGuestAsync() with { AccessToken = token };
        Expect.Problem(401, "unauthenticated", await guest.GetAsync("/cart"));
        Expect.Problem(401, "unauthenticated", await guest.OrderAsync());
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    public async Task a_cart_header_must_be_a_cart_id(string id) =>
        Expect.Invalid("X-Cart-Id", await (shop.Api with { CartId = id }).GetAsync("/cart"));

    private Task<long> RowsAsync(ApiClient guest) =>
        shop.Shop.QueryAsync<long>("select count(*) from grain_state_cart where grain_key = $1", Guid.Parse(guest.CartId!).ToString("N"));

    private async Task PriceAsync(string sku, long amount)
    {
        var product = (JsonObject)(await shop.Api.GetAsync($"/products/{sku}")).Json!;
        product["price"]!["amount"] = amount;
        product.Remove("sku");
        product.Remove("availability");
        Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", product));
    }

    private static (string Sku, int Quantity)[] Lines(Reply cart) =>
        [.. cart["items"]!.AsArray().Select(i => (i!["sku"]!.GetValue<string>(), i["quantity"]!.GetValue<int>()))];
}
