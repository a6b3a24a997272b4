using SoonShop.StripeTesting;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>Purchases through the whole shop, with a test server for Stripe.</summary>
public sealed class StripeShopTests(StripeShopFixture shop) : IClassFixture<StripeShopFixture>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task a_customer_buys_something_and_is_given_money_back_in_parts()
    {
        var customer = await shop.CustomerAsync();
        var order = Expect.Status(201, await customer.OrderAsync());
        Assert.Equal(("confirmed", "captured", null), (order.Text("status"), order.Text("payment.status"), order["payment.clientSecret"]));
        var (id, total) = (order.Text("id"), order.Number("total.amount"));
        Assert.Equal(total, Assert.Single(shop.Booked(id)).Captured);

        Expect.Status(200, await shop.Admin.PostAsync($"/admin/orders/{id}/refunds", new { amount = 500, reason = "late" }, "one"));
        var part = Expect.Status(
            200, await shop.Admin.PostAsync($"/admin/orders/{id}/refunds", new { amount = 300, reason = "late" }, "two"));
        Assert.Equal(("partiallyRefunded", 800), (part.Text("payment.status"), part.Number("payment.refunded.amount")));
        Expect.Problem(
            409, "conflict", await shop.Admin.PostAsync(
                $"/admin/orders/{id}/refunds", new { amount = total, reason = "too much" }, "three"));
        var rest = Expect.Status(
            200, await shop.Admin.PostAsync($"/admin/orders/{id}/refunds", new { full = true, reason = "all" }, "four"));
        Assert.Equal("refunded", rest.Text("status"));
        Assert.Equal(total, Assert.Single(shop.Booked(id)).Refunded);
    }

    [Fact]
    public async Task a_declined_customer_is_told_why_and_pays_with_a_second_card()
    {
        var customer = await shop.CustomerAsync();
        var declined = Expect.Problem(
            402, "payment-declined", await customer.OrderAsync(paymentMethod: "pm_card_chargeDeclinedInsufficientFunds"));
        Assert.Equal("insufficient_funds", declined.Text("declineCode"));
        Assert.Contains("insufficient funds", declined.Text("detail"), StringComparison.Ordinal);
        var id = declined.Text("orderId");

        var unknown = Expect.Problem(
            402, "payment-declined", await customer.PostAsync($"/orders/{id}/payments", new { paymentMethod = "pm_nobody_knows" }));
        Assert.Equal("unknown_payment_method", unknown.Text("declineCode"));
        Assert.Equal(
            "confirmed", Expect.Status(200, await customer.PostAsync($"/orders/{id}/payments", new { paymentMethod = "pm_card_visa" }))
                .Text("status"));
        // The first one was given up before: it can never be completed.
        Assert.Equal(["canceled", "succeeded"], shop.Booked(id).Select(p => p.Status));
    }

    [Fact]
    public async Task a_cancelled_order_gives_everything_back()
    {
        var customer = await shop.CustomerAsync();
        var order = Expect.Status(201, await customer.OrderAsync());
        var cancelled = Expect.Status(200, await customer.PostAsync($"/orders/{order.Text("id")}/cancel", new { reason = "why not" }));
        Assert.Equal(("cancelled", "refunded"), (cancelled.Text("status"), cancelled.Text("payment.status")));
        var booked = Assert.Single(shop.Booked(order.Text("id")));
        Assert.Equal(booked.Captured, booked.Refunded);
    }

    [Fact]
    public async Task an_order_that_waits_for_the_customer_is_cancelled_at_stripe_too()
    {
        var customer = await shop.CustomerAsync();
        var order = Expect.Status(201, await customer.OrderAsync(paymentMethod: "pm_card_authenticationRequired"));
        Assert.Equal("cancelled", Expect.Status(200, await customer.PostAsync($"/orders/{order.Text("id")}/cancel")).Text("status"));
        Assert.Equal("canceled", Assert.Single(shop.Booked(order.Text("id"))).Status);
    }

    [Theory]
    [InlineData(Fault.TimeoutAfter)]
    [InlineData(Fault.ErrorAfter)]
    [InlineData(Fault.ResetAfter)]
    public async Task an_answer_that_is_lost_is_found_out(Fault fault)
    {
        var customer = await shop.CustomerAsync();
        shop.Server.Faults.Plan(fault, "POST /v1/payment_intents");
        await customer.OrderAsync(key: $"{fault}");
        await Until.TrueAsync("the order is confirmed", Limit, async () =>
            (await customer.GetAsync("/orders")).Json?["items"]?.AsArray() is [{ } order]
            && order["status"]!.GetValue<string>() == "confirmed");
        var id = (await customer.GetAsync("/orders")).Text("items.0.id");
        Assert.Equal(1, Assert.Single(shop.Booked(id)).Charges);
    }

    [Fact]
    public async Task a_card_is_kept_used_again_and_removed()
    {
        var customer = await shop.CustomerAsync();
        Assert.Empty((await customer.GetAsync("/me/payment-methods"))["items"]!.AsArray());
        Expect.Status(
            201, await customer.PostAsync(
                "/orders", new { paymentMethod = "pm_card_visa", savePaymentMethod = true, shippingAddress = ApiClient.Address() }, "one"));
        var kept = Assert.Single((await customer.GetAsync("/me/payment-methods"))["items"]!.AsArray())!;
        Assert.Equal(("visa", "4242"), (kept["brand"]!.GetValue<string>(), kept["last4"]!.GetValue<string>()));
        var method = kept["id"]!.GetValue<string>();

        await customer.FillCartAsync(await shop.Admin.CreateProductAsync());
        Assert.Equal("confirmed", Expect.Status(201, await customer.OrderAsync(paymentMethod: method)).Text("status"));

        var other = await shop.CustomerAsync();
        Expect.Problem(402, "payment-declined", await other.OrderAsync(paymentMethod: method));
        Expect.Problem(404, "not-found", await other.DeleteAsync($"/me/payment-methods/{method}"));
        Expect.Status(204, await customer.DeleteAsync($"/me/payment-methods/{method}"));
        Expect.Problem(404, "not-found", await customer.DeleteAsync($"/me/payment-methods/{method}"));
        Assert.Empty((await customer.GetAsync("/me/payment-methods"))["items"]!.AsArray());
        Assert.Equal(1, await shop.Shop.QueryAsync<long>(
            "select count(*) from grain_state where state_name = 'payment-customer' and grain_key = $1",
            Guid.Parse((await customer.GetAsync("/me")).Text("id")).ToString("N")));
        // Whoever does not ask is not noted.
        Assert.Equal(0, await shop.Shop.QueryAsync<long>(
            "select count(*) from grain_state where state_name = 'payment-customer' and grain_key = $1",
            Guid.Parse((await other.GetAsync("/me")).Text("id")).ToString("N")));
    }

    [Fact]
    public async Task a_customer_whom_somebody_deleted_at_stripe_pays_again_with_the_next_card()
    {
        var customer = await shop.CustomerAsync();
        Expect.Status(
            201, await customer.PostAsync(
                "/orders", new { paymentMethod = "pm_card_visa", savePaymentMethod = true, shippingAddress = ApiClient.Address() }, "one"));
        var reference = Assert.Single(shop.Booked((await customer.GetAsync("/orders")).Text("items.0.id"))).Customer;
        var dashboard = new Stripe.StripeClient(new Stripe.StripeClientOptions { ApiKey = StripeShop.ApiKey, ApiBase = shop.Server.Url });
        await dashboard.V1.Customers.DeleteAsync(reference, cancellationToken: TestContext.Current.CancellationToken);

        await customer.FillCartAsync(await shop.Admin.CreateProductAsync());
        var refused = Expect.Problem(402, "payment-declined", await customer.OrderAsync());
        Assert.Contains("Enter the card again", refused.Text("detail"), StringComparison.Ordinal);
        var paid = Expect.Status(200, await customer.PostAsync(
            $"/orders/{refused.Text("orderId")}/payments", new { paymentMethod = "pm_card_visa", savePaymentMethod = true }));
        Assert.Equal("confirmed", paid.Text("status"));
        Assert.Single((await customer.GetAsync("/me/payment-methods"))["items"]!.AsArray());
    }

    [Fact]
    public async Task a_guest_cannot_have_a_card_kept()
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        Expect.Invalid("savePaymentMethod", await guest.PostAsync(
            "/orders", new
            {
                paymentMethod = "pm_card_visa",
                savePaymentMethod = true,
                email = "ada@example.com",
                shippingAddress = ApiClient.Address(),
            }, "one"));
    }

    [Fact]
    public async Task more_than_stripe_can_charge_is_refused_before_anything_is_charged()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync(price: 99_999_999), 2);
        var refused = Expect.Problem(402, "payment-declined", await customer.OrderAsync());
        Assert.Equal("amount_too_large", refused.Text("declineCode"));
        Assert.Empty(shop.Booked(refused.Text("orderId")));
    }

    [Fact]
    public async Task no_key_reaches_a_log()
    {
        await (await shop.CustomerAsync()).OrderAsync();
        await (await shop.CustomerAsync()).OrderAsync(paymentMethod: "pm_nobody_knows");
        Assert.Contains("Stripe refuses the payment", shop.Shop.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain("51PlantedKey", shop.Shop.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain("PlantedSecret", shop.Shop.Logs, StringComparison.Ordinal);
    }
}

/// <summary>Money that is held first.</summary>
public sealed class StripeHoldingShopTests(StripeHoldingShop shop) : IClassFixture<StripeHoldingShop>
{
    [Fact]
    public async Task an_administrator_takes_a_part()
    {
        var (customer, id) = await OrderAsync();
        var taken = Expect.Status(200, await shop.Admin.PostAsync($"/admin/orders/{id}/capture", new { amount = 1200 }));
        Assert.Equal(("captured", 1200), (taken.Text("payment.status"), taken.Number("payment.captured.amount")));
        Assert.Equal((1200, 0), (Booked(id).Captured, Booked(id).Capturable));
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync($"/admin/orders/{id}/capture", new { amount = 100 }));
        Expect.Problem(
            409, "conflict", await shop.Admin.PostAsync($"/admin/orders/{id}/refunds", new { amount = 1201, reason = "too much" }, "one"));
        Expect.Status(200, await shop.Admin.PostAsync($"/admin/orders/{id}/refunds", new { full = true, reason = "all" }, "two"));
        Assert.Equal("refunded", (await customer.GetAsync($"/orders/{id}")).Text("status"));
        Expect.Problem(403, "forbidden", await customer.PostAsync($"/admin/orders/{id}/capture"));
        Expect.Problem(404, "not-found", await shop.Admin.PostAsync($"/admin/orders/{Guid.NewGuid()}/capture"));
        Expect.Invalid("amount", await shop.Admin.PostAsync($"/admin/orders/{id}/capture", new { amount = 0 }));
    }

    [Fact]
    public async Task shipping_takes_it_all()
    {
        var (_, id) = await OrderAsync();
        var shipped = Expect.Status(
            200, await shop.Admin.PostAsync($"/admin/orders/{id}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        Assert.Equal(("shipped", "captured"), (shipped.Text("status"), shipped.Text("payment.status")));
        Assert.Equal(Booked(id).Amount, Booked(id).Captured);
    }

    [Fact]
    public async Task cancelling_lets_it_go()
    {
        var (customer, id) = await OrderAsync();
        Expect.Status(200, await customer.PostAsync($"/orders/{id}/cancel"));
        Assert.Equal(("canceled", 0, 0), (Booked(id).Status, Booked(id).Captured, Booked(id).Capturable));
    }

    private BookedPayment Booked(string id) => Assert.Single(shop.Booked(id));

    private async Task<(ApiClient Customer, string Id)> OrderAsync()
    {
        var customer = await shop.CustomerAsync();
        var order = Expect.Status(201, await customer.OrderAsync());
        Assert.Equal(
            ("confirmed", "authorized", 0), (order.Text("status"), order.Text("payment.status"), order.Number("payment.captured.amount")));
        return (customer, order.Text("id"));
    }
}

/// <summary>While Stripe is out of order.</summary>
public sealed class StripeOutageTests(StripeBreakerShop shop) : IClassFixture<StripeBreakerShop>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task orders_wait_and_go_on_by_themselves_when_stripe_is_back()
    {
        shop.Server.Faults.SetRate(Fault.ErrorBefore, 1);
        List<ApiClient> customers = [];
        for (var i = 0; i < 4; i++)
        {
            customers.Add(await shop.CustomerAsync());
            Expect.Problem(503, "unavailable", await customers[^1].OrderAsync());
        }
        await Until.TrueAsync("the breaker is open", Limit, () =>
            Task.FromResult(shop.Shop.Logs.Contains("Too many requests to Stripe failed", StringComparison.Ordinal)));
        foreach (var customer in customers)
            Assert.Equal("pending", (await customer.GetAsync("/orders")).Text("items.0.status"));
        Assert.Empty(shop.Server.Books.Payments);

        shop.Server.Faults.Clear();

        foreach (var customer in customers)
        {
            await Until.TrueAsync(
                "the order is confirmed", Limit, async () => (await customer.GetAsync("/orders")).Text("items.0.status") == "confirmed");
            Assert.Equal(1, Assert.Single(shop.Booked((await customer.GetAsync("/orders")).Text("items.0.id"))).Charges);
        }
    }
}

/// <summary>While Stripe is out of order for longer than an order waits.</summary>
public sealed class StripeAwayTests(StripeAwayShop shop) : IClassFixture<StripeAwayShop>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task an_order_that_could_not_be_charged_in_time_expires_uncharged_and_frees_its_stock()
    {
        shop.Server.Faults.SetRate(Fault.ErrorBefore, 1);
        // These find out that Stripe does not work.
        for (var i = 0; i < 3; i++)
            await (await shop.CustomerAsync()).OrderAsync();

        var customer = await shop.Api.AsNewCustomerAsync();
        var sku = await shop.Admin.CreateProductAsync(stock: 5);
        await customer.FillCartAsync(sku, 2);
        Expect.Problem(503, "unavailable", await customer.OrderAsync());

        await Until.TrueAsync(
            "the order expires", Limit, async () => (await customer.GetAsync("/orders")).Text("items.0.status") == "expired");
        await Until.TrueAsync(
            "the stock is free", Limit, async () => (await shop.Admin.GetAsync($"/inventory/{sku}")).Number("reserved") == 0);
        Assert.Equal(0, shop.Server.Books.Totals.Captured);
    }
    [Fact]
    public async Task an_order_that_costs_nothing_needs_nobody()
    {
        shop.Server.Faults.SetRate(Fault.ErrorBefore, 1);
        var customer = await shop.Api.AsNewCustomerAsync();
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync(stock: 5, price: 0));

        var order = Expect.Status(201, await customer.OrderAsync());

        Assert.Equal(("confirmed", 0), (order.Text("status"), order.Number("total.amount")));
        Assert.Equal(
            "cancelled", Expect.Status(200, await customer.PostAsync($"/orders/{order.Text("id")}/cancel", new { })).Text("status"));
    }
}
