using SoonShop.Tests.Api;

namespace SoonShop.Tests.Payments;

/// <summary>A customer proves to be it, and the shop learns of that only when it asks Stripe next.</summary>
public sealed class StripeAuthenticationTests(StripePatientShop shop) : IClassFixture<StripePatientShop>
{
    [Fact]
    public async Task a_customer_who_must_act_completes_the_payment_and_is_not_charged_again()
    {
        var customer = await shop.CustomerAsync();
        var order = Expect.Status(201, await customer.OrderAsync(paymentMethod: "pm_card_authenticationRequired"));
        var (id, intent) = (order.Text("id"), Assert.Single(shop.Booked(order.Text("id"))).Id);
        Assert.Equal(("awaitingPayment", "requiresAction"), (order.Text("status"), order.Text("payment.status")));
        Assert.StartsWith(intent, order.Text("payment.clientSecret"), StringComparison.Ordinal);

        shop.Server.Authenticate(intent);

        // Whoever does not wait to see it, and pays again, has paid already.
        var paid = Expect.Status(200, await customer.PostAsync($"/orders/{id}/payments", new { paymentMethod = "pm_card_visa" }));
        Assert.Equal(
            ("confirmed", "captured", "pm_card_authenticationRequired"),
            (paid.Text("status"), paid.Text("payment.status"), paid.Text("payment.method")));
        Assert.Equal((intent, 1), (Assert.Single(shop.Booked(id)).Id, Assert.Single(shop.Booked(id)).Charges));
    }

    [Fact]
    public async Task an_earlier_order_that_stripe_has_the_money_for_is_the_answer()
    {
        var customer = await shop.CustomerAsync(stock: 5);
        var first = (await customer.OrderAsync(paymentMethod: "pm_card_authenticationRequired")).Text("id");
        shop.Server.Authenticate(Assert.Single(shop.Booked(first)).Id);

        var answer = Expect.Status(201, await customer.OrderAsync());

        Assert.Equal((first, "confirmed"), (answer.Text("id"), answer.Text("status")));
        Assert.Equal(answer.Number("total.amount"), Assert.Single(shop.Booked(first)).Captured);
        Assert.Single((await customer.GetAsync("/orders"))["items"]!.AsArray());
        Assert.Empty((await customer.GetAsync("/cart"))["items"]!.AsArray());
    }
}
