using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A checkout that says what the buyer was shown: the total, or the cart's version.</summary>
[Collection(nameof(RunningShop))]
public sealed class ExpectedTotalTests(RunningShop shop)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_total_that_differs_is_refused_with_the_new_quote_and_leaves_nothing_behind(bool seenByAnotherTab)
    {
        var (buyer, sku, _) = await CartAsync(1000, 2);
        await SetPriceAsync(sku, 1500);
        if (seenByAnotherTab)
            Expect.Status(200, await buyer.GetAsync("/cart"));

        var key = Guid.NewGuid().ToString();
        var refused = Expect.Problem(409, "conflict", await OrderAsync(buyer, 2499, key: key));
        Assert.Equal((sku, 2, 1500, 3000), (
            refused.Text("quote.lines.0.sku"), refused.Number("quote.lines.0.quantity"), refused.Number("quote.lines.0.unitPrice.amount"),
            refused.Number("quote.lines.0.lineTotal.amount")));
        Assert.Equal(
            (3000, 499, 0, 3499), (
                refused.Number("quote.subtotal.amount"), refused.Number("quote.shipping.amount"), refused.Number("quote.tax.amount"),
                refused.Number("quote.total.amount")));
        var again = Expect.Problem(409, "conflict", await OrderAsync(buyer, 2499, key: key));
        Assert.True(again.Replayed);
        Assert.Equal(3499, again.Number("quote.total.amount"));
        Assert.Empty(Expect.Status(200, await buyer.GetAsync("/orders"))["items"]!.AsArray());
        Assert.Equal((100, 0), await StockAsync(sku));

        var order = Expect.Status(201, await OrderAsync(buyer, 3499));
        Assert.Equal(("confirmed", 3499), (order.Text("status"), order.Number("total.amount")));
    }

    [Fact]
    public async Task the_expected_total_holds_shipping_and_tax_and_its_currency()
    {
        var (buyer, sku, _) = await CartAsync(1000, 1);
        Expect.Problem(409, "conflict", await OrderAsync(buyer, 1000));
        Expect.Problem(409, "conflict", await OrderAsync(buyer, 1499, currency: "EUR"));
        Expect.Invalid("expectedTotal.amount", await OrderAsync(buyer, -1));
        Expect.Invalid("expectedTotal.currency", await OrderAsync(buyer, 1499, currency: "dollars"));
        Assert.Equal((100, 0), await StockAsync(sku));
        Expect.Status(201, await OrderAsync(buyer, 1499));
    }

    [Fact]
    public async Task units_that_another_tab_added_are_not_ordered_unseen()
    {
        var (buyer, sku, _) = await CartAsync(1000, 1);
        Expect.Status(200, await buyer.FillCartAsync(sku, 2));
        Assert.Equal(2, Expect.Problem(409, "conflict", await OrderAsync(buyer, 1499)).Number("quote.lines.0.quantity"));
        Assert.Equal((100, 0), await StockAsync(sku));
    }

    /// <summary>Refused for what the buyer was shown, a checkout ends no earlier order of its cart.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task an_earlier_order_that_waits_stays_as_it_is(bool byTotal, bool declined)
    {
        var (buyer, sku, tag) = await CartAsync(1000, 1);
        var placed = await OrderAsync(buyer, paymentMethod: declined ? "pm_card_visa_chargeDeclined" : "pm_card_authenticationRequired");
        var first = Expect.Status(declined ? 402 : 201, placed).Text(declined ? "orderId" : "id");
        var before = await buyer.GetAsync($"/orders/{first}");
        Assert.Equal("awaitingPayment", before.Text("status"));

        for (var i = 0; i < 2; i++)
        {
            var refused = await (byTotal ? OrderAsync(buyer, 1) : OrderAsync(buyer, ifMatch: "\"3\""));
            Expect.Problem(byTotal ? 409 : 412, byTotal ? "conflict" : "precondition-failed", refused);
            if (byTotal)
                Assert.Equal(1499, refused.Number("quote.total.amount"));
        }

        Assert.Equal(before.Body, (await buyer.GetAsync($"/orders/{first}")).Body);
        Assert.Single((await buyer.GetAsync("/orders"))["items"]!.AsArray());
        Assert.Equal((100, 1), await StockAsync(sku));
        Assert.Equal(tag, (await buyer.GetAsync("/cart")).Headers["ETag"]);
        // It can still be paid, and so it is the cart's order.
        Expect.Status(200, await (declined
            ? buyer.PostAsync($"/orders/{first}/payments", new { paymentMethod = "pm_card_visa" })
            : buyer.PostAsync($"/simulated-payments/{first}/authenticate")));
        Assert.Equal("confirmed", (await buyer.GetAsync($"/orders/{first}")).Text("status"));
        Assert.Empty((await buyer.GetAsync("/cart"))["items"]!.AsArray());
        Assert.Equal((100, 1), await StockAsync(sku));
    }

    [Fact]
    public async Task an_empty_cart_is_empty_whatever_total_is_expected() =>
        Expect.Problem(409, "cart-empty", await OrderAsync(await shop.Api.AsGuestAsync(), 1499));

    [Fact]
    public async Task a_cart_that_was_changed_is_refused_by_its_etag_and_the_key_can_be_used_again()
    {
        var (buyer, sku, tag) = await CartAsync(1000, 1);
        Assert.Equal(tag, (await buyer.GetAsync("/cart")).Headers["ETag"]);
        await SetPriceAsync(sku, 1500);
        var key = Guid.NewGuid().ToString();
        Expect.Problem(412, "precondition-failed", await OrderAsync(buyer, ifMatch: tag, key: key));
        Expect.Problem(412, "precondition-failed", await OrderAsync(buyer, ifMatch: "W/" + tag));
        Expect.Problem(412, "precondition-failed", await OrderAsync(buyer, ifMatch: "\"3\""));
        Assert.Empty(Expect.Status(200, await buyer.GetAsync("/orders"))["items"]!.AsArray());
        Assert.Equal((100, 0), await StockAsync(sku));

        var now = (await buyer.GetAsync("/cart")).Headers["ETag"];
        Assert.NotEqual(tag, now);
        Assert.Equal(1999, Expect.Status(201, await OrderAsync(buyer, ifMatch: now, key: key)).Number("total.amount"));
    }

    [Fact]
    public async Task the_etag_of_a_cart_is_what_is_in_it()
    {
        var (buyer, sku, one) = await CartAsync(1000, 1);
        var two = Expect.Status(200, await buyer.FillCartAsync(sku, 2)).Headers["ETag"];
        Assert.NotEqual(one, two);
        Assert.Equal(one, Expect.Status(200, await buyer.FillCartAsync(sku)).Headers["ETag"]);
        // A checkout that ends without an order leaves it as it was.
        Expect.Problem(402, "payment-declined", await OrderAsync(buyer, ifMatch: one, paymentMethod: "pm_card_visa_chargeDeclined"));
        Assert.Equal(one, (await buyer.GetAsync("/cart")).Headers["ETag"]);
        Assert.NotEqual(one, Expect.Status(200, await buyer.DeleteAsync($"/cart/items/{sku}")).Headers["ETag"]);
        Expect.Problem(409, "cart-empty", await OrderAsync(buyer, ifMatch: "*"));
    }

    private async Task<(ApiClient Buyer, string Sku, string Tag)> CartAsync(long price, int quantity)
    {
        var sku = await shop.Admin.CreateProductAsync(price: price);
        var buyer = await shop.Api.AsGuestAsync();
        return (buyer, sku, Expect.Status(200, await buyer.FillCartAsync(sku, quantity)).Headers["ETag"]);
    }

    private static Task<Reply> OrderAsync(
        ApiClient buyer, long? total = null, string currency = "USD", string? ifMatch = null, string? key = null,
        string paymentMethod = "pm_card_visa") => buyer.SendAsync(
        HttpMethod.Post, "/orders",
        new
        {
            email = "ada@example.com",
            paymentMethod,
            shippingAddress = ApiClient.Address(),
            expectedTotal = total is null ? null : new { amount = total, currency },
        },
        key ?? Guid.NewGuid().ToString(), ifMatch);

    private async Task SetPriceAsync(string sku, long amount) => Expect.Status(200, await shop.Admin.PutAsync(
        $"/products/{sku}", new { name = "Dearer", category = "test", price = new { amount, currency = "USD" }, active = true }));

    private async Task<(long, long)> StockAsync(string sku)
    {
        var stock = Expect.Status(200, await shop.Admin.GetAsync($"/inventory/{sku}"));
        return (stock.Number("onHand"), stock.Number("reserved"));
    }
}
