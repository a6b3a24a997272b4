using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A guest's order is found by its number and e-mail address, and opened by the mailed link.</summary>
[Collection(nameof(OrderLinkShop))]
public sealed class OrderLookupTests(OrderLinkShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task a_guest_finds_the_order_again_reads_and_cancels_it()
    {
        var email = Make.Email();
        var (_, order) = await shop.BuyAsync(email);
        var id = Expect.Status(201, order).Text("id");
        Expect.Problem(401, "unauthenticated", await shop.Api.GetAsync($"/orders/{id}"));

        // However they are written.
        var accepted = Expect.Status(
            202, await LookUpAsync(
                order.Text("number").Replace("-", " ", StringComparison.Ordinal).ToLowerInvariant(), email.ToUpperInvariant()));
        Assert.Equal("", accepted.Body);
        var token = await shop.TokenAsync(email, $"orders/{id}");
        var mail = Assert.Single(shop.LinksTo(email));
        Assert.Contains("without an account", mail.TextBody!, StringComparison.Ordinal);

        var read = Expect.Status(200, await SendAsync(HttpMethod.Get, $"/orders/{id}", token));
        Assert.Equal((id, "confirmed", email), (read.Text("id"), read.Text("status"), read.Text("email")));
        Assert.Equal("no-store", read.Headers["Cache-Control"]);
        var cancelled = Expect.Status(200, await SendAsync(HttpMethod.Post, $"/orders/{id}/cancel", token, new { reason = "by mistake" }));
        Assert.Equal("cancelled", cancelled.Text("status"));
        // The stream ends with the order.
        var events = Expect.Status(200, await SendAsync(HttpMethod.Get, $"/orders/{id}/events", token));
        Assert.Contains("\"cancelled\"", events.Body, StringComparison.Ordinal);
        // A cancellation by the buyer is no administrator's action.
        Assert.Equal(0, await shop.Shop.QueryAsync<long>(
            "select count(*) from audit_log where action = 'orders.cancel' and subject like '%' || $1", id));
    }

    [Fact]
    public async Task a_guest_returns_goods_by_the_link()
    {
        var email = Make.Email();
        var (_, order) = await shop.BuyAsync(email);
        var id = Expect.Status(201, order).Text("id");
        var admin = await shop.Api.AsAdminAsync();
        Expect.Status(
            200, await admin.PostAsync($"/admin/orders/{id}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        Expect.Status(202, await LookUpAsync(order.Text("number"), email));
        var token = await shop.TokenAsync(email, $"orders/{id}");

        var body = new { lines = new[] { new { sku = order.Text("lines.0.sku"), quantity = 1, reason = "other" } } };
        Expect.Problem(404, "not-found", await (await shop.Api.AsGuestAsync()).PostAsync($"/orders/{id}/returns", body));
        var requested = Expect.Status(201, await SendAsync(HttpMethod.Post, $"/orders/{id}/returns", token, body));
        var returned = requested.Text("returns.0.id");
        var cancelled = Expect.Status(200, await SendAsync(HttpMethod.Post, $"/orders/{id}/returns/{returned}/cancel", token));
        Assert.Equal("cancelled", cancelled.Text("returns.0.status"));
    }

    [Fact]
    public async Task a_guest_pays_by_the_link()
    {
        var email = Make.Email();
        var (_, declined) = await shop.BuyAsync(email, "pm_card_visa_chargeDeclined");
        var id = Expect.Status(402, declined).Text("orderId");
        Expect.Status(202, await LookUpAsync(Orders.OrderNumber.For(Guid.Parse(id)), email));
        var token = await shop.TokenAsync(email, $"orders/{id}");

        var body = new { paymentMethod = "pm_card_visa" };
        var key = Guid.NewGuid().ToString();
        var paid = Expect.Status(200, await SendAsync(HttpMethod.Post, $"/orders/{id}/payments", token, body, key));
        Assert.Equal(("confirmed", "captured"), (paid.Text("status"), paid.Text("payment.status")));
        // The same again is the same answer; without the token, or with a forged one, it is nobody's.
        var again = Expect.Status(200, await SendAsync(HttpMethod.Post, $"/orders/{id}/payments", token, body, key));
        Assert.True(again.Replayed);
        Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Post, $"/orders/{id}/payments", OrderLinkShop.Forge(token), body, key));
    }

    [Fact]
    public async Task who_asks_is_not_told_whether_there_is_such_an_order()
    {
        var (email, stranger) = (Make.Email(), Make.Email());
        var (_, order) = await shop.BuyAsync(email);
        var number = Expect.Status(201, order).Text("number");
        var others = new[]
        {
            await LookUpAsync(number, stranger), await LookUpAsync("SO-0000-0000-0000", email), await LookUpAsync("no number", email),
        };
        // The requests for one number are looked at in their order: once this mail is there, none comes to the stranger.
        var found = Expect.Status(202, await LookUpAsync(number, email));
        await shop.TokenAsync(email, $"orders/{order.Text("id")}");
        Assert.Empty(shop.MailsTo(stranger));
        Assert.Single(shop.LinksTo(email));
        foreach (var other in others)
        {
            Assert.Equal((found.Status, found.Body), (other.Status, other.Body));
            Assert.Equal(found.Headers.Keys.Order(), other.Headers.Keys.Order());
        }
        // What a stranger wrote is not stored.
        Assert.Equal(0, await shop.Shop.QueryAsync<long>("select count(*) from event where data::text like '%' || $1 || '%'", stranger));
    }

    [Theory]
    [InlineData("""{ "email": "ada@example.com" }""", "number")]
    [InlineData("""{ "number": "SO-1", "email": "nobody" }""", "email")]
    [InlineData("""{ "number": "SO\u0000", "email": "ada@example.com" }""", "number")]
    [InlineData("""{ "number": "SO-1", "email": "ada@example.com", "id": 1 }""", "id")]
    public async Task a_request_that_cannot_be_meant_is_refused(string body, string field) =>
        Expect.Invalid(field, await shop.Api.PostAsync("/orders/lookup", Make.Json(body)));

    [Fact]
    public async Task a_token_opens_its_order_alone_and_only_for_its_time()
    {
        var email = Make.Email();
        var (guest, order) = await shop.BuyAsync(email);
        var (_, other) = await shop.BuyAsync(email);
        var (id, path) = (order.Text("id"), $"/orders/{order.Text("id")}");
        var later = DateTimeOffset.UtcNow.AddHours(1);
        var token = await shop.SignedTokenAsync(id, email, later);
        Expect.Status(200, await SendAsync(HttpMethod.Get, path, token));

        // It is worthless for others, for another address, and without the shop's signature.
        foreach (var (wrong, at) in ((string, string)[])
        [
            (token, $"/orders/{other.Text("id")}"), (token, $"/orders/{Guid.NewGuid()}"), (OrderLinkShop.Forge(token), path),
            (await shop.SignedTokenAsync(id, "other-" + email, later), path),
            (await shop.SignedTokenAsync(other.Text("id"), email, later), path),
        ])
        {
            Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Get, at, wrong));
            Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Get, $"{at}/events", wrong));
            Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Post, $"{at}/cancel", wrong));
            Expect.Problem(
                404, "not-found", await SendAsync(HttpMethod.Post, $"{at}/payments", wrong, new { paymentMethod = "pm_card_visa" }));
        }
        foreach (var bad in (string[])
            [await shop.SignedTokenAsync(id, email, DateTimeOffset.UtcNow.AddSeconds(-1)), "", "x", token[..^1], token + "x"])
        {
            var refused = Expect.Problem(401, "unauthenticated", await SendAsync(HttpMethod.Get, path, bad));
            Assert.Contains("/orders/lookup", refused.Text("detail"), StringComparison.Ordinal);
            // Other credentials count beside it.
            Expect.Status(200, await guest.SendAsync(HttpMethod.Get, path, more: ("X-Order-Token", bad)));
        }
        // It is no cart, and no account.
        Expect.Problem(401, "unauthenticated", await SendAsync(HttpMethod.Get, "/orders", token));
        Expect.Problem(401, "unauthenticated", await SendAsync(HttpMethod.Get, "/cart", token));
        Expect.Problem(401, "unauthenticated", await SendAsync(HttpMethod.Get, $"/admin/orders?number={order.Text("number")}", token));
        // Somebody who is signed in may have the link, too; credentials that are no good are refused all the same.
        var customer = await shop.Api.AsNewCustomerAsync();
        Expect.Problem(404, "not-found", await customer.GetAsync(path));
        Expect.Status(200, await customer.SendAsync(HttpMethod.Get, path, more: ("X-Order-Token", token)));
        Expect.Problem(
            401, "unauthenticated", await (shop.Api with { AccessToken = "x.y.z" }).SendAsync(
                HttpMethod.Get, path, more: ("X-Order-Token", token)));
    }

    [Fact]
    public async Task an_order_of_an_account_is_mailed_as_such_and_opened_by_no_token()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        await shop.TokenAsync(customer.Email, "verify-email");
        var (_, order) = await shop.BuyAsync(customer.Email, buyer: customer.Api);
        var id = Expect.Status(201, order).Text("id");
        Expect.Status(202, await LookUpAsync(order.Text("number"), customer.Email));
        await Until.TrueAsync("the account is told", Limit, () => Task.FromResult(shop.LinksTo(customer.Email).Length > 0));
        var text = Assert.Single(shop.LinksTo(customer.Email)).TextBody!;
        Assert.Contains("Sign in to see it", text, StringComparison.Ordinal);
        Assert.DoesNotContain("token", text, StringComparison.Ordinal);

        var token = await shop.SignedTokenAsync(id, customer.Email, DateTimeOffset.UtcNow.AddHours(1));
        Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Get, $"/orders/{id}", token));
    }

    [Fact]
    public async Task of_five_links_to_one_address_the_first_three_are_mailed_and_none_is_kept()
    {
        var email = Make.Email();
        for (var i = 0; i < 5; i++)
            Expect.Status(202, await LookUpAsync((await shop.BuyAsync(email)).Order.Text("number"), email));
        await Until.TrueAsync("each is sent or held back", Limit, async () => shop.LinksTo(email).Length + await shop.Shop.QueryAsync<long>(
            "select count(*) from event where type = 'notification.suppressed' and data ->> 'kind' = 'orderLink'") >= 5);
        Assert.Equal(OrderLinkShop.MailsPerHour, shop.LinksTo(email).Length);
        // What was mailed, or was not to be, is erased from the events.
        await Until.TrueAsync("no token is left", Limit, async () => await shop.Shop.QueryAsync<long>(
            "select count(*) from event where type = 'notification.due' and data #>> '{to,email}' = $1 and data #> '{details}' ? 'token'",
            email) == 0);
        Assert.All(shop.LinksTo(email), m => Assert.DoesNotContain(
            m.TextBody!.Split("?token=")[1].Split()[0], shop.Shop.Logs, StringComparison.Ordinal));
    }

    private Task<Reply> LookUpAsync(string number, string email) => shop.Api.PostAsync("/orders/lookup", new { number, email });

    private Task<Reply> SendAsync(HttpMethod method, string path, string token, object? body = null, string? key = null) =>
        shop.Api.SendAsync(method, path, body, key, more: ("X-Order-Token", token));
}
