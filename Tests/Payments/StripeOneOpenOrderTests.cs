using SoonShop.StripeTesting;
using SoonShop.Tests.Api;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>A cart has one order that Stripe can still take money for.</summary>
public sealed class StripeOneOpenOrderTests(StripeShopFixture shop) : IClassFixture<StripeShopFixture>
{
    private const string MustAct = "pm_card_authenticationRequired";

    [Theory]
    [InlineData(MustAct)]
    [InlineData("pm_card_visa_chargeDeclined")]
    public async Task the_earlier_orders_payment_is_cancelled_at_stripe_before_the_next_is_made(string paymentMethod)
    {
        var customer = await shop.CustomerAsync(stock: 1);
        var first = IdOf(await customer.OrderAsync(paymentMethod: paymentMethod));

        var second = Expect.Status(201, await customer.OrderAsync());

        Assert.Equal("confirmed", second.Text("status"));
        Assert.Equal(("canceled", 0), (Booked(first).Status, Booked(first).Captured));
        Assert.Equal(second.Number("total.amount"), Booked(second.Text("id")).Captured);
        Assert.Equal("cancelled", (await customer.GetAsync($"/orders/{first}")).Text("status"));
    }

    /// <summary>Whether the first has been, or will be, paid is not known: the second does not begin.</summary>
    [Theory]
    [InlineData(MustAct, true)]
    [InlineData("pm_card_visa", false)]
    public async Task while_stripe_cannot_be_asked_the_next_checkout_does_not_begin(string paymentMethod, bool firstIsMade)
    {
        var customer = await shop.CustomerAsync(stock: 5);
        if (!firstIsMade)
            shop.Server.Faults.SetRate(Fault.ErrorBefore, 1);
        var placed = await customer.OrderAsync(paymentMethod: paymentMethod);
        Assert.Equal(firstIsMade ? 201 : 503, (int)placed.Status);
        var first = (await customer.GetAsync("/orders")).Text("items.0.id");
        shop.Server.Faults.SetRate(Fault.ErrorBefore, 1);

        for (var i = 0; i < 2; i++)
        {
            var refused = await customer.OrderAsync("second");
            Assert.True(
                (refused.Code, refused.Headers.ContainsKey("Retry-After")) is ("unavailable", true) or ("conflict", true), refused.Body);
        }
        Assert.Equal(first, Assert.Single((await customer.GetAsync("/orders"))["items"]!.AsArray())!["id"]!.GetValue<string>());

        shop.Server.Faults.Clear();
        Reply? second = null;
        await Until.TrueAsync("the second is bought", TimeSpan.FromSeconds(60), async () =>
            (int)(second = await customer.OrderAsync("second")).Status == 201);
        Assert.Equal("confirmed", second!.Text("status"));
        Assert.Equal(1, shop.Booked(first).Concat(shop.Booked(second.Text("id"))).Count(p => p.Captured > 0));
        Assert.All(shop.Booked(first), p => Assert.Equal("canceled", p.Status));
    }

    /// <summary>
    /// Whether a guest's order is paid, or will be, is not known when the guest signs in. It goes along; when Stripe is back, one order is
    /// bought, whether the account orders again or not, and whether it does so while Stripe is still away.
    /// </summary>
    [Theory]
    [InlineData(null)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_guests_order_that_is_pending_goes_along_and_one_is_bought_when_stripe_is_back(bool? ordersWhileAway)
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 5, price: 2000);
        var guest = await shop.Api.AsGuestAsync();
        Expect.Status(200, await guest.FillCartAsync(sku));
        shop.Server.Faults.SetRate(Fault.ErrorBefore, 1);
        try
        {
            Expect.Status(503, await guest.OrderAsync());
            var first = (await guest.GetAsync("/orders")).Text("items.0.id");
            var customer = await shop.Api.AsNewCustomerAsync();
            await Buyer.AskAsync(() => customer.PostAsync("/cart/merge", new { cartId = guest.CartId }));
            Assert.Equal("pending", Expect.Status(200, await customer.GetAsync($"/orders/{first}")).Text("status"));
            Assert.Equal(sku, (await customer.GetAsync("/cart")).Text("items.0.sku"));
            if (ordersWhileAway == true)
            {
                var refused = await customer.OrderAsync("second");
                Assert.True(
                    (refused.Code, refused.Headers.ContainsKey("Retry-After")) is ("unavailable", true) or ("conflict", true),
                    refused.Body);
            }

            shop.Server.Faults.Clear();
            var second = ordersWhileAway is null ? null : await Buyer.AskAsync(() => customer.OrderAsync("second"));

            // The account's order takes the place of the guest's, unless that was paid before it could begin.
            var isFirst = second is null || second.Code == "cart-empty" || second.Text("id") == first;
            var bought = isFirst ? first : second!.Text("id");
            await Until.TrueAsync("it is bought", TimeSpan.FromSeconds(60), async () =>
                (await customer.GetAsync($"/orders/{bought}")).Text("status") == "confirmed");
            var orders = (await customer.GetAsync("/orders"))["items"]!.AsArray();
            Assert.Equal(bought, Assert.Single(orders, o => o!["status"]!.GetValue<string>() == "confirmed")!["id"]!.GetValue<string>());
            Assert.All(orders, o => Assert.Contains(o!["status"]!.GetValue<string>(), (string[])["confirmed", "cancelled"]));
            var taken = Assert.Single(
                shop.Server.Books.Payments, p => p.Captured > 0 && orders.Any(o => p.Metadata["order_id"] == o!["id"]!.GetValue<string>()));
            Assert.Equal(bought, taken.Metadata["order_id"]);
            await Until.TrueAsync("its unit is reserved, nothing else is, and the carts are empty", TimeSpan.FromSeconds(60), async () =>
            {
                var level = await shop.Admin.GetAsync($"/inventory/{sku}");
                return (level.Number("onHand"), level.Number("reserved")) == (5, 1)
                    && (await customer.GetAsync("/cart"))["items"]!.AsArray().Count == 0;
            });
        }
        finally
        {
            shop.Server.Faults.Clear();
        }
    }

    /// <summary>
    /// The customer completes 3-D Secure of the first order while the second is placed. Stripe takes the one or the other.
    /// </summary>
    [Fact]
    public async Task of_two_finishes_at_once_stripe_takes_one()
    {
        const int Carts = 4, Rounds = 5;
        var sku = await shop.Admin.CreateProductAsync(stock: Carts * Rounds, price: 2000);
        await Task.WhenAll(Enumerable.Range(0, Carts).Select(async cart =>
        {
            var random = new Random(cart);
            for (var round = 0; round < Rounds; round++)
                await RaceAsync(await Buyer.ArriveAsync(shop.Api, sku), random.Next(-60, 60));
        }));
        await Until.TrueAsync("what was bought is reserved, and nothing else is", TimeSpan.FromSeconds(60), async () =>
        {
            var level = await shop.Admin.GetAsync($"/inventory/{sku}");
            return (level.Number("onHand"), level.Number("reserved")) == (Carts * Rounds, Carts * Rounds);
        });
    }

    private async Task RaceAsync(Buyer buyer, int headStartMs)
    {
        var placed = await buyer.OrderAsync(MustAct);
        Assert.True(placed.Text("status") == "awaitingPayment", placed.Body);
        var first = $"{buyer.OrderId}";
        var next = buyer with { Key = Guid.NewGuid().ToString() };
        var intent = Booked(first).Id;
        var authenticated = Task.Run(async () =>
        {
            await Task.Delay(Math.Max(0, headStartMs));
            try
            {
                shop.Server.Authenticate(intent);
                return true;
            }
            catch (InvalidOperationException)
            {
                // The shop was quicker, and has cancelled it.
                return false;
            }
        });
        await Task.Delay(Math.Max(0, -headStartMs));
        var ordered = await next.OrderAsync();
        var firstWon = await authenticated;

        // The first may be paid, and gone from the cart, before the second is asked for.
        var bought = firstWon ? first : $"{next.OrderId}";
        Assert.True(
            (firstWon && ordered.Code == "cart-empty")
                || ((int)ordered.Status, ordered.Text("id"), ordered.Text("status")) == (201, bought, "confirmed"),
            ordered.Body);
        Assert.Equal(firstWon ? "succeeded" : "canceled", Booked(first).Status);
        Assert.Equal(2499, Assert.Single(shop.Booked(first).Concat(shop.Booked($"{next.OrderId}")), p => p.Captured > 0).Captured);
        Assert.Equal("confirmed", (await buyer.Guest.GetAsync($"/orders/{bought}")).Text("status"));
        Assert.Empty((await Buyer.AskAsync(() => buyer.Guest.GetAsync("/cart")))["items"]!.AsArray());
    }

    private BookedPayment Booked(string id) => Assert.Single(shop.Booked(id));

    private static string IdOf(Reply reply) => reply.Text((int)reply.Status == 402 ? "orderId" : "id");
}

/// <summary>The same where money is held first.</summary>
public sealed class StripeHeldOpenOrderTests(StripeHoldingShop shop) : IClassFixture<StripeHoldingShop>
{
    [Fact]
    public async Task money_that_is_held_for_an_earlier_order_is_let_go_before_it_is_held_for_the_next()
    {
        var customer = await shop.CustomerAsync(stock: 1);
        var first = Expect.Status(201, await customer.OrderAsync(paymentMethod: "pm_card_authenticationRequired")).Text("id");
        shop.Server.Authenticate(Assert.Single(shop.Booked(first)).Id);

        var second = Expect.Status(201, await customer.OrderAsync());

        Assert.Equal(("confirmed", "authorized"), (second.Text("status"), second.Text("payment.status")));
        Assert.Equal(("canceled", 0L), (Assert.Single(shop.Booked(first)).Status, Assert.Single(shop.Booked(first)).Capturable));
        Assert.Equal("cancelled", (await customer.GetAsync($"/orders/{first}")).Text("status"));
    }
}
