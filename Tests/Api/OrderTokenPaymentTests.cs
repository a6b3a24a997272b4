using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A guest with nothing but the mailed link sees the payment of the order and completes 3-D Secure.</summary>
[Collection(nameof(OrderLinkShop))]
public sealed class OrderTokenPaymentTests(OrderLinkShop shop)
{
    private static readonly DateTimeOffset Later = DateTimeOffset.UtcNow.AddHours(1);

    [Fact]
    public async Task a_guest_completes_3d_secure_by_the_link()
    {
        var email = Make.Email();
        var (guest, order) = await shop.BuyAsync(email, "pm_card_authenticationRequired");
        var id = Expect.Status(201, order).Text("id");
        var (other, second) = await shop.BuyAsync(email, "pm_card_authenticationRequired");
        var token = await shop.SignedTokenAsync(id, email, Later);
        string see = $"/payments/{id}", act = $"/simulated-payments/{id}/authenticate";

        // Without it, and with one that is no good for this order.
        Expect.Problem(401, "unauthenticated", await shop.Api.GetAsync(see));
        Expect.Problem(404, "not-found", await other.GetAsync(see));
        foreach (var wrong in (string[])
        [
            OrderLinkShop.Forge(token), await shop.SignedTokenAsync(id, $"other-{email}", Later),
            await shop.SignedTokenAsync(second.Text("id"), email, Later),
        ])
        {
            Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Get, see, wrong));
            Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Post, act, wrong));
        }
        foreach (var bad in (string[])["x", token[..^1], await shop.SignedTokenAsync(id, email, DateTimeOffset.UtcNow.AddSeconds(-1))])
        {
            Expect.Problem(401, "unauthenticated", await SendAsync(HttpMethod.Get, see, bad));
            Expect.Problem(401, "unauthenticated", await SendAsync(HttpMethod.Post, act, bad));
        }
        Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Get, $"/payments/{Guid.NewGuid()}", token));
        Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Post, $"/simulated-payments/{Guid.NewGuid()}/authenticate", token));

        var waiting = Expect.Status(200, await SendAsync(HttpMethod.Get, see, token));
        Assert.Equal("requiresAction", waiting.Text("status"));
        Assert.Equal((await guest.GetAsync($"/orders/{id}")).Text("payment.clientSecret"), waiting.Text("clientSecret"));
        Assert.Equal("no-store", waiting.Headers["Cache-Control"]);
        // Beside an account it opens the payment, too. An administrator does not get the secret.
        var customer = await shop.Api.AsNewCustomerAsync();
        Expect.Problem(404, "not-found", await customer.GetAsync(see));
        Assert.Equal(waiting.Body, Expect.Status(200, await customer.SendAsync(HttpMethod.Get, see, more: ("X-Order-Token", token))).Body);
        Assert.Null(Expect.Status(200, await shop.Admin.SendAsync(HttpMethod.Get, see, more: ("X-Order-Token", token)))["clientSecret"]);

        var key = Guid.NewGuid().ToString();
        var paid = Expect.Status(200, await SendAsync(HttpMethod.Post, act, token, key));
        Assert.Equal("captured", paid.Text("status"));
        Assert.True(Expect.Status(200, await SendAsync(HttpMethod.Post, act, token, key)).Replayed);
        Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Post, act, OrderLinkShop.Forge(token), key));
        Assert.Equal("confirmed", Expect.Status(200, await SendAsync(HttpMethod.Get, $"/orders/{id}", token)).Text("status"));

        // A corrected e-mail address ends it.
        Expect.Status(200, await shop.Admin.PatchAsync($"/admin/orders/{id}", new { email = Make.Email() }));
        Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Get, see, token));
        Expect.Status(200, await guest.GetAsync(see));
    }

    [Fact]
    public async Task the_link_to_a_draft_order_pays_with_3d_secure()
    {
        var email = Make.Email();
        var draft = Expect.Status(201, await shop.Admin.PostAsync(
            "/admin/draft-orders", DraftOrderShop.Body(await shop.Admin.CreateProductAsync(), email))).Text("id");
        var id = Expect.Status(200, await shop.Admin.PostAsync($"/admin/draft-orders/{draft}/send")).Text("orderId");
        var token = await shop.TokenAsync(email, $"orders/{id}");
        // Nothing was paid, so there is no payment yet.
        Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Get, $"/payments/{id}", token));
        var acting = Expect.Status(200, await shop.Api.SendAsync(
            HttpMethod.Post, $"/orders/{id}/payments", new { paymentMethod = "pm_card_authenticationRequired" },
            more: ("X-Order-Token", token)));
        Assert.Equal(
            acting.Text("payment.clientSecret"),
            Expect.Status(200, await SendAsync(HttpMethod.Get, $"/payments/{id}", token)).Text("clientSecret"));
        Assert.Equal("captured", Expect.Status(
            200, await SendAsync(HttpMethod.Post, $"/simulated-payments/{id}/authenticate", token)).Text("status"));
    }

    [Fact]
    public async Task no_token_opens_the_payment_of_an_account()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var (_, order) = await shop.BuyAsync(customer.Email, buyer: customer.Api);
        var id = Expect.Status(201, order).Text("id");
        var token = await shop.SignedTokenAsync(id, customer.Email, Later);
        Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Get, $"/payments/{id}", token));
        Expect.Problem(404, "not-found", await SendAsync(HttpMethod.Post, $"/simulated-payments/{id}/authenticate", token));
        Expect.Status(200, await customer.Api.GetAsync($"/payments/{id}"));
    }

    [Fact]
    public async Task payments_are_read_by_the_link_while_their_orders_pay_them()
    {
        var email = Make.Email();
        var (guest, declined) = await shop.BuyAsync(email, "pm_card_visa_chargeDeclined");
        var id = Expect.Status(402, declined).Text("orderId");
        var token = await shop.SignedTokenAsync(id, email, Later);
        var paying = guest.PostAsync($"/orders/{id}/payments", new { paymentMethod = "pm_card_visa" });
        var reads = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => SendAsync(HttpMethod.Get, $"/payments/{id}", token)));
        Assert.All(reads, r => Expect.Status(200, r));
        Assert.Equal("confirmed", Expect.Status(200, await paying).Text("status"));
        Assert.Equal("captured", Expect.Status(200, await SendAsync(HttpMethod.Get, $"/payments/{id}", token)).Text("status"));
    }

    private Task<Reply> SendAsync(HttpMethod method, string path, string token, string? key = null) =>
        shop.Api.SendAsync(method, path, key: key, more: ("X-Order-Token", token));
}
