using SoonShop.StripeTesting;
using SoonShop.Tests.Api;
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

    [Fact]
    public async Task an_earlier_order_that_stripe_has_the_money_for_is_the_answer()
    {
        var customer = await shop.CustomerAsync(stock: 5);
        var first = IdOf(await customer.OrderAsync(paymentMethod: MustAct));
        shop.Server.Authenticate(Booked(first).Id);

        var answer = Expect.Status(201, await customer.OrderAsync());

        Assert.Equal((first, "confirmed"), (answer.Text("id"), answer.Text("status")));
        Assert.Equal(answer.Number("total.amount"), Booked(first).Captured);
        Assert.Single((await customer.GetAsync("/orders"))["items"]!.AsArray());
        Assert.Empty((await customer.GetAsync("/cart"))["items"]!.AsArray());
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
            Assert.True((refused.Code, refused.Headers.ContainsKey("Retry-After")) is ("unavailable", true) or ("conflict", true), refused.Body);
        }
        Assert.Equal(first, Assert.Single((await customer.GetAsync("/orders"))["items"]!.AsArray())!["id"]!.GetValue<string>());

        shop.Server.Faults.Clear();
        Reply? second = null;
        await Until.TrueAsync("the second is bought", TimeSpan.FromSeconds(60), async () => (int)(second = await customer.OrderAsync("second")).Status == 201);
        Assert.Equal("confirmed", second!.Text("status"));
        Assert.Equal(1, shop.Booked(first).Concat(shop.Booked(second.Text("id"))).Count(p => p.Captured > 0));
        Assert.All(shop.Booked(first), p => Assert.Equal("canceled", p.Status));
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
