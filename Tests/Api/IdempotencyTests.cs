using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using SoonShop.Tests.Media;
using SoonShop.Tests.Notifications;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Every POST can be sent twice. A POST that comes new into the OpenAPI document needs its case here.</summary>
[Collection(nameof(SecondRunningShop))]
public sealed class IdempotencyTests(RunningShop shop)
{
    /// <summary>A POST that would do something the second time, too; and how to see that it did it once.</summary>
    private sealed record Case(ApiClient Client, string Path, object? Body, Func<Reply, Task> HappenedOnce);

    private static readonly Dictionary<string, Func<IdempotencyTests, Task<Case>>> Cases = new()
    {
        ["/auth/register"] = t => t.RegisterAsync(),
        ["/auth/login"] = t => t.LoginAsync(),
        ["/auth/refresh"] = t => t.RefreshAsync(),
        ["/auth/logout"] = t => t.LogoutAsync(),
        ["/auth/password/forgot"] = t => t.ForgotPasswordAsync(),
        ["/auth/password/reset"] = t => t.ResetPasswordAsync(),
        ["/auth/email/verify"] = t => t.VerifyEmailAsync(),
        ["/auth/email/verification"] = t => t.RequestVerificationAsync(),
        ["/auth/email/change/confirm"] = t => t.ConfirmEmailChangeAsync(),
        ["/auth/email/change/undo"] = t => t.UndoEmailChangeAsync(),
        ["/me/email"] = t => t.ChangeEmailAsync(),
        ["/me/password"] = t => t.ChangePasswordAsync(),
        ["/me/addresses"] = t => t.AddAddressAsync(),
        ["/products"] = t => t.CreateProductAsync(),
        ["/inventory/{sku}/adjustments"] = t => t.AdjustAsync(),
        ["/admin/locations"] = t => t.CreateRuleAsync("/admin/locations", name => new { name, enabled = false }),
        ["/admin/stock-transfers"] = t => t.TransferAsync(),
        ["/admin/stock-transfers/{id}/receive"] = t => t.OnTransferAsync("receive", 3, 2),
        ["/admin/stock-transfers/{id}/cancel"] = t => t.OnTransferAsync("cancel", 5, 0),
        ["/admin/stock-takes"] = t => t.CountStockAsync(),
        ["/admin/orders/{id}/move-units"] = t => t.MoveUnitsAsync(),
        ["/carts"] = t => t.OpenCartAsync(),
        ["/cart/merge"] = t => t.MergeAsync(),
        ["/orders"] = t => t.PlaceAsync(),
        ["/orders/lookup"] = t => t.LookUpAsync(),
        ["/orders/{id}/payments"] = t => t.PayAsync(),
        ["/orders/{id}/cancel"] = t => t.CancelAsync(),
        ["/simulated-payments/{paymentId}/authenticate"] = t => t.AuthenticateAsync(),
        ["/admin/orders/{id}/ship"] = t => t.ShipAsync(),
        ["/admin/orders/{id}/deliver"] = t => t.DeliverAsync(),
        ["/admin/orders/{id}/shipments"] = t => t.CreateShipmentAsync(),
        ["/admin/orders/{id}/shipments/{shipmentId}/deliver"] = t => t.DeliverShipmentAsync(),
        ["/orders/{id}/returns"] = t => t.RequestReturnAsync(),
        ["/orders/{id}/returns/{returnId}/cancel"] = t => t.OnReturnAsync("cancel", "cancelled", null, atShop: false),
        ["/admin/orders/{id}/returns/{returnId}/approve"] = t => t.OnReturnAsync("approve", "approved", null),
        ["/admin/orders/{id}/returns/{returnId}/refuse"] = t => t.OnReturnAsync("refuse", "refused", new { note = "worn" }),
        ["/admin/orders/{id}/returns/{returnId}/receive"] = t => t.OnReturnAsync("receive", "received", null, "approve"),
        ["/admin/orders/{id}/returns/{returnId}/refund"] = t => t.OnReturnAsync("refund", "refunded", null, "approve", "receive"),
        ["/admin/orders/{id}/returns/{returnId}/exchange"] = t => t.ExchangeAsync(),
        ["/admin/orders/{id}/returns/{returnId}/exchange/quote"] = t => t.QuoteExchangeAsync(),
        ["/admin/orders/{id}/edits"] = t => t.EditAsync("", "completed"),
        ["/admin/orders/{id}/edits/quote"] = t => t.EditAsync("/quote"),
        ["/admin/draft-orders"] = t => t.CreateDraftAsync(),
        ["/admin/draft-orders/{id}/send"] = t => t.SendDraftAsync(),
        ["/admin/orders/{id}/capture"] = t => t.CaptureAsync(),
        ["/admin/orders/{id}/refunds"] = t => t.RefundAsync(),
        ["/notifications/{id}/read"] = t => t.ReadNotificationAsync(),
        ["/notifications/read-all"] = t => t.ReadAllNotificationsAsync(),
        ["/admin/webhooks"] = t => t.CreateWebhookAsync(),
        ["/admin/webhooks/{id}/enable"] = t => t.EnableWebhookAsync(),
        ["/admin/webhooks/{id}/test"] = t => t.TestWebhookAsync(),
        ["/admin/webhooks/{id}/resend"] = t => t.ResendWebhookEventAsync(),
        ["/admin/api-keys"] = t => t.CreateApiKeyAsync(),
        ["/admin/event-errors/{id}/resolve"] = t => t.ResolveErrorAsync(),
        ["/admin/dead-letters/{id}/replay"] = t => t.ReplayAsync(),
        ["/admin/dead-letters/replay"] = t => t.ReplayManyAsync(),
        ["/admin/payments/reconcile"] = t => t.ReconcileAsync(),
        ["/admin/pricing/preview"] = t => t.PreviewAsync(),
        ["/cart/quote"] = t => t.PriceCartAsync("/cart/quote", new { currency = "USD" }),
        ["/cart/shipping-options"] = t => t.PriceCartAsync("/cart/shipping-options", new { destination = new { country = "GB" } }),
        ["/admin/promotions"] = t => t.CreateRuleAsync(
            "/admin/promotions", name => new { name, action = new { kind = "orderDiscount", percentPpm = 1000 }, enabled = false }),
        ["/admin/search/synonyms"] = t => t.CreateSynonymsAsync(),
        ["/admin/product-groups"] = t => t.CreateGroupAsync(),
        ["/admin/promotions/{id}/codes"] = t => t.GenerateCodesAsync(),
        ["/admin/tax/zones"] = t => t.CreateRuleAsync("/admin/tax/zones", name => new { name, areas = new[] { Area() } }),
        ["/admin/tax/rates"] = t => t.CreateRuleAsync(
            "/admin/tax/rates", name => new { name, zoneId = "gb", ppm = 1, category = Make.Word() }),
        ["/admin/shipping/zones"] = t => t.CreateRuleAsync("/admin/shipping/zones", name => new { name, areas = new[] { Area() } }),
        ["/admin/shipping/methods"] = t => t.CreateRuleAsync(
            "/admin/shipping/methods", name => new { name, enabled = false, prices = Array.Empty<object>() }),
        ["/admin/media"] = t => t.UploadImageAsync(),
        ["/admin/import-jobs"] = t => t.UploadImportAsync(),
        ["/admin/import-jobs/{id}/apply"] = t => t.ApplyImportAsync(),
        ["/admin/import-jobs/{id}/cancel"] = t => t.CancelImportAsync(),
        ["/admin/customer-groups"] = t => t.CreateRuleAsync("/admin/customer-groups", name => new { name }),
        ["/admin/price-lists"] = t => t.CreatePriceListAsync(),
    };

    /// <summary>Stripe's own, which sends no key: the event's id is one (see <c>StripeWebhookTests</c>).</summary>
    private const string Webhook = "/webhooks/stripe";

    /// <summary>For what a request sets off, on a busy machine.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    public static TheoryData<string> Routes => [.. Cases.Keys];

    [Fact]
    public async Task every_post_of_the_api_has_a_case_here()
    {
        var document = await shop.Api.GetAsync("//openapi/v1.json");
        var posts = document["paths"]!.AsObject().Where(p => p.Value!["post"] is not null).Select(p =>
            p.Key.Replace("/api/v1", "", StringComparison.Ordinal));
        Assert.Equal([Webhook], posts.Except(Cases.Keys));
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task a_post_sent_twice_has_one_effect_and_one_answer(string route)
    {
        var sample = await Cases[route](this);
        var key = $"key {Guid.NewGuid()}";

        // One that comes while the first still runs waits for it, but only for some seconds; then it is to come again.
        async Task<Reply> SendAsync()
        {
            Reply? reply = null;
            await Until.TrueAsync("the request is no longer in progress", Limit, async () =>
            {
                reply = await sample.Client.PostAsync(sample.Path, sample.Body, key);
                return reply.Status != HttpStatusCode.Conflict || !reply.Headers.ContainsKey("Retry-After");
            });
            return reply!;
        }

        var both = await Task.WhenAll(SendAsync(), SendAsync());
        Assert.True((int)both[0].Status < 300, both[0].Body);
        Assert.Single(both, r => r.Replayed);
        Same(both[0], both[1]);
        var third = await SendAsync();
        Same(both[0], third);
        Assert.True(third.Replayed);
        await sample.HappenedOnce(third);

        Expect.Problem(422, "idempotency-key-reused", await sample.Client.PostAsync(sample.Path, Changed(sample.Body), key));
        Same(both[0], await SendAsync());
    }

    [Fact]
    public async Task the_key_without_the_same_body_is_refused_while_the_first_still_runs()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
            customer.PostAsync("/me/addresses", ApiClient.Address(i % 2 == 0 ? "US" : "DE"), "one key")));
        Assert.Equal(3, replies.Count(r => (int)r.Status == 201));
        Assert.All(replies.Where(r => (int)r.Status != 201), r => Expect.Problem(422, "idempotency-key-reused", r));
        Assert.Single((await customer.GetAsync("/me/addresses"))["items"]!.AsArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("256")]
    [InlineData("k\u00e9y")]
    [InlineData("k\ty")]
    public async Task a_bad_key_is_refused(string key)
    {
        using var http = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 })
        { BaseAddress = shop.Api.Http.BaseAddress };
        foreach (var path in (string[])["/carts", "/orders"])
        {
            var guest = await (shop.Api with { Http = http }).AsGuestAsync();
            Expect.Invalid("Idempotency-Key", await guest.PostAsync(
                path, new { email = "ada@example.com", paymentMethod = "pm_card_visa", shippingAddress = ApiClient.Address() },
                key == "256" ? new string('k', 256) : key));
        }
    }

    [Fact]
    public async Task a_key_may_have_255_characters_of_any_printable_kind()
    {
        var key = string.Concat(Enumerable.Range(0, 255).Select(i => (char)('!' + (i % 94))));
        var customer = await shop.Api.AsNewCustomerAsync();
        var first = Expect.Status(201, await customer.PostAsync("/me/addresses", ApiClient.Address(), key));
        Same(first, await customer.PostAsync("/me/addresses", ApiClient.Address(), key));
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync());
        var order = Expect.Status(201, await customer.OrderAsync(key));
        Same(order, await customer.OrderAsync(key));
    }

    [Fact]
    public async Task keys_of_two_customers_never_meet()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 10);
        var buyers = new[]
        {
            await shop.Api.AsNewCustomerAsync(),
            await shop.Api.AsNewCustomerAsync(),
            await shop.Api.AsGuestAsync(),
            await shop.Api.AsGuestAsync(),
        };
        foreach (var buyer in buyers)
            await buyer.FillCartAsync(sku);
        var orders = await Task.WhenAll(buyers.Select(b => b.OrderAsync("1")));
        Assert.All(orders, o => Assert.False(Expect.Status(201, o).Replayed));
        Assert.Equal(4, orders.Select(o => o.Text("id")).Distinct().Count());
        var addresses = await Task.WhenAll(buyers[..2].Select(b => b.PostAsync("/me/addresses", ApiClient.Address(), "1")));
        Assert.NotEqual(Expect.Status(201, addresses[0]).Text("id"), Expect.Status(201, addresses[1]).Text("id"));
    }

    [Fact]
    public async Task a_key_may_be_used_again_for_another_resource()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        Expect.Status(201, await customer.PostAsync("/me/addresses", ApiClient.Address(), "2"));
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync());
        Expect.Status(201, await customer.OrderAsync("2"));
    }

    [Fact]
    public async Task an_order_that_was_refused_for_an_empty_cart_stays_refused_under_its_key()
    {
        var guest = await shop.Api.AsGuestAsync();
        Expect.Problem(409, "cart-empty", await guest.OrderAsync("3"));
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        Assert.True(Expect.Problem(409, "cart-empty", await guest.OrderAsync("3")).Replayed);
        Expect.Status(201, await guest.OrderAsync("4"));
    }

    [Fact]
    public async Task a_declined_card_stays_declined_under_its_key()
    {
        var (guest, _, id) = await BuyAsync("pm_card_visa_chargeDeclined");
        var declined = Expect.Problem(
            402, "payment-declined", await guest.PostAsync(
                $"/orders/{id}/payments", new { paymentMethod = "pm_card_visa_chargeDeclined" }, "7"));
        var again = Expect.Problem(
            402, "payment-declined", await guest.PostAsync(
                $"/orders/{id}/payments", new { paymentMethod = "pm_card_visa_chargeDeclined" }, "7"));
        Assert.True(again.Replayed);
        Same(declined, again);
        Assert.Equal(2, await PaymentsAsync(id, "declined"));
    }

    [Fact]
    public async Task bad_input_does_not_use_a_key_up()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        Expect.Status(400, await customer.PostAsync("/me/addresses", new { }, "5"));
        Expect.Status(201, await customer.PostAsync("/me/addresses", ApiClient.Address(), "5"));
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync());
        Expect.Status(400, await customer.PostAsync("/orders", new { }, "5"));
        Expect.Status(201, await customer.OrderAsync("5"));
    }

    [Fact]
    public async Task an_order_keeps_its_first_answer_whatever_becomes_of_it()
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        var order = Expect.Status(201, await guest.OrderAsync("6"));
        Expect.Status(200, await guest.PostAsync($"/orders/{order.Text("id")}/cancel", new { reason = "why not" }));
        Same(order, await guest.OrderAsync("6"));
        Assert.Equal("cancelled", (await guest.GetAsync($"/orders/{order.Text("id")}")).Text("status"));
    }

    [Fact]
    public async Task the_answer_to_a_client_that_hung_up_is_kept_whole()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
        {
            var (key, body) = ($"key {Guid.NewGuid()}", $$"""{"email":"{{Make.Email()}}","password":"correct horse"}""");
            await SendAndHangUpAsync("/api/v1/auth/register", key, body, after: TimeSpan.FromMilliseconds(10 * i));
            Reply? reply = null;
            await Until.TrueAsync("the request is answered", Limit, async () =>
                (int)(reply = await shop.Api.PostAsync("/auth/register", Make.Json(body), key)).Status != 409);
            return reply!;
        }));
        Assert.All(replies, r => Assert.NotEmpty(Expect.Status(201, r).Text("accessToken")));
        Assert.Contains(replies, r => r.Replayed);
    }

    [Theory]
    [InlineData("1", null, false)]
    [InlineData("1", "{}", false)]
    [InlineData("nineteen characters", null, false)]
    [InlineData("these are 20 letters", null, true)]
    public async Task strangers_do_not_share_a_cart_under_a_short_key(string key, string? body, bool shared)
    {
        var first = Expect.Status(201, await shop.Api.PostAsync("/carts", body is null ? null : Make.Json(body), key));
        var second = Expect.Status(201, await shop.Api.PostAsync("/carts", body is null ? null : Make.Json(body), key));
        Assert.Equal((shared, shared), (second.Replayed, second.Text("id") == first.Text("id")));
    }

    private async Task SendAndHangUpAsync(string path, string key, string body, TimeSpan after)
    {
        using var client = new TcpClient();
        var address = shop.Api.Http.BaseAddress!;
        await client.ConnectAsync(address.Host, address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nIdempotency-Key: {key}\r\nContent-Type: "
                + $"application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        await Task.Delay(after);
    }

    private async Task<Case> RegisterAsync()
    {
        var email = Make.Email();
        return new Case(shop.Api, "/auth/register", new { email, password = "correct horse" }, async reply =>
        {
            Assert.Equal(1, await EventsAsync("user.registered", "email", email));
            Expect.Status(200, await (shop.Api with { AccessToken = reply.Text("accessToken") }).GetAsync("/me"));
        });
    }

    private async Task<Case> LoginAsync()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        return new Case(shop.Api, "/auth/login", new { email = customer.Email, password = customer.Password }, async reply =>
            Expect.Status(200, await shop.Api.PostAsync("/auth/refresh", new { refreshToken = reply.Text("refreshToken") })));
    }

    private async Task<Case> RefreshAsync()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        return new Case(shop.Api, "/auth/refresh", new { refreshToken = customer.RefreshToken }, async reply =>
        {
            Assert.Equal(0, await EventsAsync("user.session-reuse-detected", "userId", customer.Id));
            Expect.Status(200, await shop.Api.PostAsync("/auth/refresh", new { refreshToken = reply.Text("refreshToken") }));
        });
    }

    private async Task<Case> LogoutAsync()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        return new Case(shop.Api, "/auth/logout", new { refreshToken = customer.RefreshToken }, async _ =>
            Expect.Status(401, await shop.Api.PostAsync("/auth/refresh", new { refreshToken = customer.RefreshToken })));
    }

    private async Task<Case> ForgotPasswordAsync()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        return new Case(shop.Api, "/auth/password/forgot", new { email = customer.Email }, async _ =>
        {
            await customer.MailedTokenAsync(shop, "user.password-reset-requested");
            // A second mail would have been written by now: another command to the same account comes after it.
            Expect.Status(200, await customer.Api.PatchAsync("/me", new { locale = "de" }));
            Assert.Equal(1, await EventsAsync("user.password-reset-requested", "email", customer.Email));
        });
    }

    private Task<Case> LookUpAsync()
    {
        var number = Orders.OrderNumber.For(Guid.NewGuid());
        return Task.FromResult(new Case(
            shop.Api, "/orders/lookup", new { number, email = Make.Email() },
            async _ => Assert.Equal(1, await EventsAsync("order.lookup-requested", "number", number))));
    }

    private async Task<Case> ResetPasswordAsync()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        Expect.Status(202, await shop.Api.PostAsync("/auth/password/forgot", new { email = customer.Email }));
        var token = await customer.MailedTokenAsync(shop, "user.password-reset-requested");
        return new Case(shop.Api, "/auth/password/reset", new { token, password = "a new password" }, async _ =>
        {
            Assert.Equal(1, await EventsAsync("user.password-changed", "email", customer.Email));
            await customer.LoginAsync("a new password");
        });
    }

    private async Task<Case> VerifyEmailAsync()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var token = await customer.MailedTokenAsync(shop, "user.email-verification-requested");
        return new Case(shop.Api, "/auth/email/verify", new { token }, async _ =>
            Assert.Equal(1, await EventsAsync("user.email-verified", "email", customer.Email)));
    }

    private async Task<Case> RequestVerificationAsync()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        // One mail came with the account.
        return new Case(customer.Api, "/auth/email/verification", null, async _ =>
            Assert.Equal(2, await EventsAsync("user.email-verification-requested", "email", customer.Email)));
    }

    private async Task<Case> ChangeEmailAsync()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        return new Case(customer.Api, "/me/email", new { newEmail = Make.Email(), currentPassword = customer.Password }, async _ =>
            Assert.Equal(1, await EventsAsync("user.email-change-requested", "email", customer.Email)));
    }

    private async Task<Case> ConfirmEmailChangeAsync()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var newEmail = Make.Email();
        Expect.Status(202, await customer.Api.PostAsync("/me/email", new { newEmail, currentPassword = customer.Password }));
        var token = await (customer with { Email = newEmail }).MailedTokenAsync(shop, "user.email-change-confirmation-requested");
        return new Case(shop.Api, "/auth/email/change/confirm", new { token }, async _ =>
            Assert.Equal(1, await EventsAsync("user.email-changed", "email", newEmail)));
    }

    private async Task<Case> UndoEmailChangeAsync()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        Expect.Status(202, await customer.Api.PostAsync("/me/email", new { newEmail = Make.Email(), currentPassword = customer.Password }));
        var token = await customer.MailedTokenAsync(shop, "user.email-change-requested");
        return new Case(shop.Api, "/auth/email/change/undo", new { token }, async _ =>
        {
            Assert.Equal(1, await EventsAsync("user.email-change-undone", "email", customer.Email));
            Assert.Equal(1, await EventsAsync("user.password-reset-requested", "email", customer.Email));
        });
    }

    private async Task<Case> ChangePasswordAsync()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        return new Case(
            customer.Api, "/me/password", new { currentPassword = customer.Password, newPassword = "a new password" }, async _ =>
            {
                Assert.Equal(1, await EventsAsync("user.password-changed", "email", customer.Email));
                await customer.LoginAsync("a new password");
            });
    }

    private async Task<Case> AddAddressAsync()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        return new Case(customer, "/me/addresses", ApiClient.Address(), async reply =>
            Assert.Equal(
                reply.Text("id"),
                Assert.Single((await customer.GetAsync("/me/addresses"))["items"]!.AsArray())!["id"]!.GetValue<string>()));
    }

    private Task<Case> CreateProductAsync()
    {
        var sku = Make.Sku();
        return Task.FromResult(new Case(
            shop.Admin, "/products", new { sku, name = "A thing", category = "test", price = new { amount = 1, currency = "USD" } },
            async _ => Assert.Equal(1, await EventsAsync("product.created", "sku", sku))));
    }

    private async Task<Case> AdjustAsync()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 0);
        return new Case(shop.Admin, $"/inventory/{sku}/adjustments", new { delta = 5, reason = "delivery" }, _ => StockAsync(sku, 5, 0));
    }

    private async Task<Case> TransferAsync()
    {
        var (sku, location) = (await shop.Admin.CreateProductAsync(stock: 5), await LocationAsync());
        return new Case(shop.Admin, "/admin/stock-transfers", new
        {
            from = "default",
            to = location,
            lines = new[] { new { sku, quantity = 2 } },
        }, _ => StockAsync(sku, location, 3, 0));
    }

    private async Task<Case> OnTransferAsync(string action, int here, int there)
    {
        var (sku, location) = (await shop.Admin.CreateProductAsync(stock: 5), await LocationAsync());
        var sent = Expect.Status(201, await shop.Admin.PostAsync(
            "/admin/stock-transfers", new { from = "default", to = location, lines = new[] { new { sku, quantity = 2 } } }));
        return new Case(
            shop.Admin, $"/admin/stock-transfers/{sent.Text("id")}/{action}", null, _ => StockAsync(sku, location, here, there));
    }

    private async Task<Case> CountStockAsync()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 5);
        return new Case(shop.Admin, "/admin/stock-takes", new { lines = new[] { new { sku, counted = 4 } } }, async reply =>
        {
            Assert.Equal(-1, reply.Number("lines.0.difference"));
            await StockAsync(sku, 4, 0);
            Assert.Equal(2, (await shop.Admin.GetAsync($"/inventory/{sku}/ledger"))["items"]!.AsArray().Count);
        });
    }

    private async Task<Case> MoveUnitsAsync()
    {
        var (_, sku, id) = await BuyAsync();
        var location = await LocationAsync();
        Expect.Status(201, await shop.Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta = 4, reason = "delivery", location }));
        var body = new { sku, quantity = 1, from = "default", to = location };
        return new Case(shop.Admin, $"/admin/orders/{id}/move-units", body, async reply =>
        {
            Assert.Equal(2, reply["allocations"]!.AsArray().Count);
            await StockAsync(sku, location, 10, 4);
            Assert.Equal(2, (await shop.Admin.GetAsync($"/inventory/{sku}")).Number("reserved"));
        });
    }

    /// <summary>A location of its own, which sells nothing, so that no other test meets it.</summary>
    private async Task<string> LocationAsync() => Expect.Status(
        201, await shop.Admin.PostAsync("/admin/locations", new { name = "Store room", enabled = false })).Text("id");

    private async Task StockAsync(string sku, string location, int here, int there)
    {
        var stock = Expect.Status(200, await shop.Admin.GetAsync($"/inventory/{sku}"));
        var levels = stock["locations"]!.AsArray().ToDictionary(
            l => l!["location"]!.GetValue<string>(), l => l!["onHand"]!.GetValue<int>());
        Assert.Equal((here, there), (levels["default"], levels[location]));
    }

    private Task<Case> OpenCartAsync() => Task.FromResult(new Case(shop.Api, "/carts", null, async reply =>
        Assert.Equal(reply.Text("id"), (await (shop.Api with { CartId = reply.Text("id") }).GetAsync("/cart")).Text("id"))));

    private async Task<Case> MergeAsync()
    {
        var sku = await shop.Admin.CreateProductAsync();
        var customer = await shop.Api.AsNewCustomerAsync();
        await customer.FillCartAsync(sku, 1);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, 2);
        return new Case(customer, "/cart/merge", new { cartId = guest.CartId }, async _ =>
            Assert.Equal(3, (await customer.GetAsync("/cart")).Number("items.0.quantity")));
    }

    private async Task<Case> PlaceAsync()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 10);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, 2);
        return new Case(guest, "/orders", new
        {
            email = "ada@example.com",
            paymentMethod = "pm_card_visa",
            shippingAddress = ApiClient.Address(),
        }, async reply =>
        {
            await StockAsync(sku, 10, 2);
            Assert.Equal(reply.Text("id"), Assert.Single((await guest.GetAsync("/orders"))["items"]!.AsArray())!["id"]!.GetValue<string>());
            Assert.Equal(1, await PaymentsAsync(reply.Text("id"), "captured"));
        });
    }

    private async Task<Case> PayAsync()
    {
        var (guest, sku, id) = await BuyAsync("pm_card_visa_chargeDeclined");
        return new Case(guest, $"/orders/{id}/payments", new { paymentMethod = "pm_card_visa" }, async _ =>
        {
            await StockAsync(sku, 10, 2);
            Assert.Equal((1, 1), (await PaymentsAsync(id, "captured"), await PaymentsAsync(id, "declined")));
        });
    }

    private async Task<Case> CancelAsync()
    {
        var (guest, sku, id) = await BuyAsync();
        return new Case(guest, $"/orders/{id}/cancel", new { reason = "why not" }, async _ =>
        {
            await StockAsync(sku, 10, 0);
            Assert.Equal(1, await EventsAsync("payment.refunded", "paymentId", id));
            Assert.Equal(1, await EventsAsync("order.cancelled", "orderId", id));
        });
    }

    private async Task<Case> AuthenticateAsync()
    {
        var (guest, sku, id) = await BuyAsync("pm_card_authenticationRequired");
        return new Case(guest, $"/simulated-payments/{id}/authenticate", null, async _ =>
        {
            await StockAsync(sku, 10, 2);
            Assert.Equal(1, await EventsAsync("payment.captured", "paymentId", id));
        });
    }

    private Task<Case> UploadImportAsync()
    {
        var text = $"SKU,On hand\n{Make.Sku()},1\n";
        return Task.FromResult(new Case(
            shop.Admin, "/admin/import-jobs?kind=stock", (Func<HttpContent>)(() => ImportApiTests.Csv(text)),
            async reply =>
                Assert.Single(Expect.Status(200, await shop.Admin.GetAsync("/admin/import-jobs?limit=100"))["items"]!.AsArray(), j =>
                     j!["id"]!.GetValue<string>() == reply.Text("id"))));
    }

    private Task<Case> UploadImageAsync()
    {
        var picture = Picture.Png(Random.Shared.Next(40, 4000), 30);
        return Task.FromResult(new Case(
            shop.Admin, "/admin/media", (Func<HttpContent>)(() => Picture.Content(picture)),
            async reply => Assert.Single(Expect.Status(200, await shop.Admin.GetAsync(
                $"/admin/audit-log?action=media.create&subject={reply.Text("id")}"))["items"]!.AsArray())));
    }

    private async Task<Case> ApplyImportAsync()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 0);
        var id = Expect.Status(
            201, await shop.Admin.PostAsync("/admin/import-jobs?kind=stock", ImportApiTests.Csv($"SKU,Delta\n{sku},3\n"))).Text("id");
        async Task<bool> IsAsync(string status) => (await shop.Admin.GetAsync($"/admin/import-jobs/{id}")).Text("status") == status;
        await Until.TrueAsync("the file is checked", Limit, () => IsAsync("checked"));
        return new Case(shop.Admin, $"/admin/import-jobs/{id}/apply", null, async _ =>
        {
            await Until.TrueAsync("the file is applied", Limit, () => IsAsync("done"));
            Assert.Equal(3, (await shop.Admin.GetAsync($"/inventory/{sku}")).Number("onHand"));
        });
    }

    private async Task<Case> CancelImportAsync()
    {
        var id = Expect.Status(201, await shop.Admin.PostAsync("/admin/import-jobs?kind=stock", ImportApiTests.Csv("SKU,Delta\n")))
            .Text("id");
        return new Case(shop.Admin, $"/admin/import-jobs/{id}/cancel", null, async _ => Assert.Single(
            Expect.Status(
                200, await shop.Admin.GetAsync($"/admin/audit-log?action=imports.cancel&subject=import/{id}"))["items"]!.AsArray()));
    }

    private async Task<Case> ShipAsync()
    {
        var (_, sku, id) = await BuyAsync();
        return new Case(shop.Admin, $"/admin/orders/{id}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }, async _ =>
        {
            await StockAsync(sku, 8, 0);
            Assert.Equal(1, await EventsAsync("order.shipped", "orderId", id));
        });
    }

    private async Task<Case> DeliverAsync()
    {
        var (_, _, id) = await BuyAsync();
        Expect.Status(
            200, await shop.Admin.PostAsync($"/admin/orders/{id}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        return new Case(shop.Admin, $"/admin/orders/{id}/deliver", null, async _ =>
            Assert.Equal(1, await EventsAsync("order.delivered", "orderId", id)));
    }

    private async Task<Case> CreateShipmentAsync()
    {
        var (guest, sku, id) = await BuyAsync();
        return new Case(shop.Admin, $"/admin/orders/{id}/shipments", new { carrier = "Turtle Post", trackingNumber = "TP-1" }, async _ =>
        {
            await StockAsync(sku, 8, 0);
            Assert.Equal(1, await EventsAsync("order.shipped", "orderId", id));
            Assert.Single((await guest.GetAsync($"/orders/{id}"))["shipments"]!.AsArray());
        });
    }

    private async Task<Case> DeliverShipmentAsync()
    {
        var (_, _, id) = await BuyAsync();
        var shipped = Expect.Status(
            201, await shop.Admin.PostAsync($"/admin/orders/{id}/shipments", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        return new Case(shop.Admin, $"/admin/orders/{id}/shipments/{shipped.Text("shipments.0.id")}/deliver", null, async _ =>
            Assert.Equal(1, await EventsAsync("order.delivered", "orderId", id)));
    }

    private async Task<Case> RequestReturnAsync()
    {
        var (guest, sku, id) = await ShippedAsync();
        return new Case(guest, $"/orders/{id}/returns", ReturnOf(sku), async _ =>
            Assert.Single((await guest.GetAsync($"/orders/{id}"))["returns"]!.AsArray()));
    }

    private async Task<Case> OnReturnAsync(string action, string status, object? body, params string[] before) =>
        await OnReturnAsync(action, status, body, atShop: true, before);

    private async Task<Case> OnReturnAsync(string action, string status, object? body, bool atShop, params string[] before)
    {
        var (guest, sku, id) = await ShippedAsync();
        var returned = Expect.Status(201, await guest.PostAsync($"/orders/{id}/returns", ReturnOf(sku))).Text("returns.0.id");
        object? BodyOf(string step) => step == "receive" ? new { lines = new[] { new { sku, good = 1 } } } : body;
        foreach (var step in before)
            Expect.Status(200, await shop.Admin.PostAsync($"/admin/orders/{id}/returns/{returned}/{step}", BodyOf(step)));
        var path = $"{(atShop ? "/admin" : "")}/orders/{id}/returns/{returned}/{action}";
        return new Case(atShop ? shop.Admin : guest, path, BodyOf(action), async _ =>
        {
            var order = await guest.GetAsync($"/orders/{id}");
            Assert.Equal(status, order.Text("returns.0.status"));
            Assert.Single(order["returns"]![0]!["timeline"]!.AsArray(), t => t!["status"]!.GetValue<string>() == status);
        });
    }

    private async Task<Case> EditAsync(string suffix, params string[] exchanges)
    {
        var (_, order, skus) = await BoughtGoods.BuyAsync(shop, 1);
        var path = $"/orders/{order.Text("id")}";
        var body = new { cancel = new[] { new { sku = skus[0], quantity = 1 } }, lines = new[] { new { sku = skus[0], quantity = 1 } } };
        return new Case(shop.Admin, $"/admin{path}/edits{suffix}", body, async _ => Assert.Equal(
            exchanges,
            Expect.Status(200, await shop.Admin.GetAsync(path))["exchanges"]!.AsArray().Select(e => e!["status"]!.GetValue<string>())));
    }

    private async Task<Case> ExchangeAsync()
    {
        var (order, path, body) = await ReturnedAsync();
        return new Case(shop.Admin, path, body, async _ =>
        {
            var exchange = Assert.Single(Expect.Status(200, await shop.Admin.GetAsync($"/orders/{order}"))["exchanges"]!.AsArray());
            Assert.Equal("completed", exchange!["status"]!.GetValue<string>());
        });
    }

    private async Task<Case> QuoteExchangeAsync()
    {
        var (order, path, body) = await ReturnedAsync();
        return new Case(shop.Admin, $"{path}/quote", body, async _ =>
            Assert.Empty(Expect.Status(200, await shop.Admin.GetAsync($"/orders/{order}"))["exchanges"]!.AsArray()));
    }

    private async Task<(string Order, string Path, object Body)> ReturnedAsync()
    {
        var (guest, sku, id) = await ShippedAsync();
        var returned = Expect.Status(201, await guest.PostAsync($"/orders/{id}/returns", ReturnOf(sku))).Text("returns.0.id");
        var path = $"/admin/orders/{id}/returns/{returned}";
        Expect.Status(200, await shop.Admin.PostAsync($"{path}/approve"));
        Expect.Status(200, await shop.Admin.PostAsync($"{path}/receive", new { lines = new[] { new { sku, good = 1 } } }));
        return (id, $"{path}/exchange", new { lines = new[] { new { sku, quantity = 1 } } });
    }

    private static object ReturnOf(string sku) => new { lines = new[] { new { sku, quantity = 1, reason = "other" } } };

    private async Task<Case> CreateDraftAsync()
    {
        var note = Make.Word();
        return new Case(shop.Admin, "/admin/draft-orders", DraftOf(await shop.Admin.CreateProductAsync(), note), async reply =>
            Assert.Single(
                Expect.Status(200, await shop.Admin.GetAsync("/admin/draft-orders?limit=100"))["items"]!.AsArray(),
                d => d!["note"]?.GetValue<string>() == note && d["id"]!.GetValue<string>() == reply.Text("id")));
    }

    private async Task<Case> SendDraftAsync()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 10);
        var draft = Expect.Status(201, await shop.Admin.PostAsync("/admin/draft-orders", DraftOf(sku, "to be sent"))).Text("id");
        return new Case(shop.Admin, $"/admin/draft-orders/{draft}/send", null, async reply =>
        {
            await StockAsync(sku, 10, 1);
            Assert.Equal(1, await EventsAsync("order.awaiting-payment", "orderId", reply.Text("orderId")));
        });
    }

    private static object DraftOf(string sku, string note) => new
    {
        email = "ada@example.com",
        currency = "USD",
        lines = new[] { new { sku, quantity = 1 } },
        shippingAddress = ApiClient.Address(),
        note,
    };

    private async Task<(ApiClient Guest, string Sku, string Id)> ShippedAsync()
    {
        var (guest, sku, id) = await BuyAsync();
        Expect.Status(
            200, await shop.Admin.PostAsync($"/admin/orders/{id}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        return (guest, sku, id);
    }

    private async Task<Case> CaptureAsync()
    {
        var (guest, _, id) = await BuyAsync("pm_card_authenticationRequired");
        // The bank holds the money; the order's own schedule finds out.
        await using (var command = shop.Shop.Database.CreateCommand(
            "update simulated_payment set status = 'authorized' where order_id = $1"))
        {
            command.Parameters.Add(new() { Value = Guid.Parse(id) });
            await command.ExecuteNonQueryAsync();
        }
        await Until.TrueAsync("the order is confirmed", TimeSpan.FromSeconds(60), async () =>
            (await guest.GetAsync($"/orders/{id}")).Text("payment.status") == "authorized");
        return new Case(shop.Admin, $"/admin/orders/{id}/capture", new { amount = 300 }, async _ =>
        {
            Assert.Equal(300, (await guest.GetAsync($"/orders/{id}")).Number("payment.captured.amount"));
            Assert.Equal(1, await EventsAsync("payment.captured", "paymentId", id));
        });
    }

    private Task<Case> ReconcileAsync()
    {
        // Other tests ask this shop for a reconciliation too: the log knows these requests by what their client calls itself.
        var agent = Make.Word();
        var http = new HttpClient { BaseAddress = shop.Api.Http.BaseAddress };
        http.DefaultRequestHeaders.UserAgent.ParseAdd(agent);
        return Task.FromResult(new Case(shop.Admin with { Http = http }, "/admin/payments/reconcile", null, async _ =>
            Assert.Equal(
                1, await shop.Shop.QueryAsync<long>(
                    "select count(*) from audit_log where action = 'payments.reconcile' and user_agent = $1", agent))));
    }

    private Task<Case> CreateApiKeyAsync()
    {
        var name = Make.Word();
        return Task.FromResult(new Case(shop.Admin, "/admin/api-keys", new { name, scopes = new[] { "orders:read" } }, async reply =>
        {
            Assert.Single((await shop.Admin.GetAsync("/admin/api-keys"))["items"]!.AsArray(), k => k!["name"]!.GetValue<string>() == name);
            Expect.Status(200, await (shop.Api with { AccessToken = reply.Text("key") }).GetAsync("/admin/orders?limit=1"));
            Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/api-keys/{reply.Text("id")}"));
        }));
    }

    /// <summary>A part of the world that no other zone has.</summary>
    private static object Area() => new { country = "AQ", region = Make.Word() };

    private async Task<Case> PreviewAsync()
    {
        var sku = await shop.Admin.CreateProductAsync();
        // It stores nothing but its answer.
        return new Case(shop.Admin, "/admin/pricing/preview", new { lines = new[] { new { sku, quantity = 1 } } }, _ => Task.CompletedTask);
    }

    private async Task<Case> PriceCartAsync(string path, object body)
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        // It stores nothing but its answer.
        return new Case(guest, path, body, _ => Task.CompletedTask);
    }

    private Task<Case> CreateRuleAsync(string path, Func<string, object> bodyOf)
    {
        var name = Make.Word();
        return Task.FromResult(new Case(shop.Admin, path, bodyOf(name), async reply =>
        {
            Assert.Single(
                (await shop.Admin.GetAsync($"{path}?limit=100"))["items"]!.AsArray(), r => r!["name"]!.GetValue<string>() == name);
            Expect.Status(204, await shop.Admin.DeleteAsync($"{path}/{reply.Text("id")}"));
        }));
    }

    private async Task<Case> CreatePriceListAsync()
    {
        var group = await shop.Admin.CreateGroupAsync();
        return await CreateRuleAsync("/admin/price-lists", name => new { name, enabled = false, customerGroups = new[] { group } });
    }

    private async Task<Case> GenerateCodesAsync()
    {
        var path = await PromotionCodesTests.PromoteAsync(shop.Admin, Make.Word().ToLowerInvariant(), enabled: false);
        return new Case(shop.Admin, path, new { count = 3 }, async _ =>
            Assert.Equal(3, Expect.Status(200, await shop.Admin.GetAsync(path))["items"]!.AsArray().Count));
    }

    private Task<Case> CreateGroupAsync()
    {
        var id = Make.Word().ToLowerInvariant();
        return Task.FromResult(new Case(shop.Admin, "/admin/product-groups", new { id, name = "Mugs" }, async _ =>
            Assert.Equal("Mugs", Expect.Status(200, await shop.Admin.GetAsync($"/admin/product-groups/{id}")).Text("content.name"))));
    }

    private Task<Case> CreateSynonymsAsync()
    {
        var (one, other) = (Make.Word(), Make.Word());
        const string Path = "/admin/search/synonyms";
        return Task.FromResult(new Case(shop.Admin, Path, new { terms = new[] { one, other } }, async reply =>
            Assert.Equal(one, Expect.Status(200, await shop.Admin.GetAsync($"{Path}/{reply.Text("id")}")).Text("terms.0"))));
    }

    private async Task<Case> RefundAsync()
    {
        var (guest, _, id) = await BuyAsync();
        return new Case(shop.Admin, $"/admin/orders/{id}/refunds", new { amount = 300, reason = "late" }, async _ =>
        {
            Assert.Equal(300, (await guest.GetAsync($"/orders/{id}")).Number("payment.refunded.amount"));
            Assert.Equal(1, await EventsAsync("payment.refunded", "paymentId", id));
        });
    }

    private async Task<Case> ReadNotificationAsync()
    {
        var (customer, welcome) = await WelcomedAsync();
        return new Case(customer, $"/notifications/{welcome}/read", null, async _ =>
            Assert.True((await customer.GetAsync("/notifications"))["items.0.read"]!.GetValue<bool>()));
    }

    private async Task<Case> ReadAllNotificationsAsync()
    {
        var (customer, _) = await WelcomedAsync();
        return new Case(customer, "/notifications/read-all", null, async _ =>
            Assert.Equal(0, (await customer.GetAsync("/notifications")).Number("unreadCount")));
    }

    private Task<Case> CreateWebhookAsync()
    {
        var url = $"http://127.0.0.1:9/{Guid.NewGuid():N}";
        return Task.FromResult(
            new Case(shop.Admin, "/admin/webhooks", new { url, eventTypes = new[] { "inventory.back-in-stock" } }, async reply =>
            {
                Assert.Single(
                    (await shop.Admin.GetAsync("/admin/webhooks"))["items"]!.AsArray(), e => e!["url"]!.GetValue<string>() == url);
                Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/webhooks/{reply.Text("id")}"));
            }));
    }

    private async Task<Case> EnableWebhookAsync()
    {
        var id = Expect.Status(
            201, await shop.Admin.PostAsync(
                "/admin/webhooks", new { url = "http://127.0.0.1:9/", eventTypes = new[] { "inventory.back-in-stock" } }))
            .Text("id");
        return new Case(shop.Admin, $"/admin/webhooks/{id}/enable", null, async _ =>
            Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/webhooks/{id}")));
    }

    private async Task<Case> TestWebhookAsync()
    {
        var receiver = await WebhookReceiver.StartAsync();
        var id = Expect.Status(
            201, await shop.Admin.PostAsync(
                "/admin/webhooks", new { url = receiver.Url, eventTypes = new[] { "inventory.back-in-stock" } }))
            .Text("id");
        return new Case(shop.Admin, $"/admin/webhooks/{id}/test", null, async reply =>
        {
            await DeliveredAsync(id, reply.Text("eventId"), 1, receiver);
            Assert.All(receiver.Posts, p => Assert.Equal(reply.Text("eventId"), IdOf(p)));
            Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/webhooks/{id}"));
            await receiver.DisposeAsync();
        });
    }

    private async Task<Case> ResendWebhookEventAsync()
    {
        var receiver = await WebhookReceiver.StartAsync();
        var id = Expect.Status(
            201, await shop.Admin.PostAsync("/admin/webhooks", new { url = receiver.Url, eventTypes = new[] { "order.confirmed" } }))
            .Text("id");
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        var order = Expect.Status(201, await guest.OrderAsync()).Text("id");
        var eventId = "";
        await Until.TrueAsync("it is posted", Limit, () => Task.FromResult((eventId = receiver.Posts
            .FirstOrDefault(p => p.Event["subject"]!.GetValue<string>() == order.Replace("-", "", StringComparison.Ordinal))?.Event[
                "id"]!.GetValue<string>() ?? "").Length > 0));
        return new Case(shop.Admin, $"/admin/webhooks/{id}/resend", new { eventId }, async _ =>
        {
            await DeliveredAsync(id, eventId, 2, receiver);
            Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/webhooks/{id}"));
            await receiver.DisposeAsync();
        });
    }

    /// <summary>
    /// Waits until so many attempts to post an event have succeeded. Another attempt is made only of a post that the receiver was too slow
    /// to acknowledge.
    /// </summary>
    private async Task DeliveredAsync(string id, string eventId, int times, WebhookReceiver receiver)
    {
        var attempts = new JsonArray();
        await Until.TrueAsync("it is listed", Limit, async () =>
        {
            attempts = (await shop.Admin.GetAsync(
                $"/admin/webhooks/{id}/deliveries?eventId={Uri.EscapeDataString(eventId)}"))["items"]!.AsArray();
            return attempts.Count(a => a!["succeeded"]!.GetValue<bool>()) == times;
        });
        Assert.InRange(receiver.Posts.Count(p => IdOf(p) == eventId), times, attempts.Count);
    }

    private static string IdOf(WebhookReceiver.Post post) => post.Event["id"]!.GetValue<string>();

    /// <summary>A customer, and the id of the notification that welcomes the customer.</summary>
    private async Task<(ApiClient Customer, string Welcome)> WelcomedAsync()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        var welcome = "";
        await Until.TrueAsync("the customer is welcomed", Limit, async () =>
            (welcome = (await customer.GetAsync(
                "/notifications"))["items"]!.AsArray().FirstOrDefault()?["id"]?.GetValue<string>() ?? "").Length > 0);
        return (customer, welcome);
    }

    private async Task<Case> ResolveErrorAsync()
    {
        var id = await Failing.ErrorAsync(shop.Shop);
        return new Case(shop.Admin, $"/admin/event-errors/{id}/resolve", null, async reply =>
        {
            Assert.NotEmpty(reply.Text("resolvedAt"));
            Assert.Equal(1, await AuditedAsync(id.ToString()));
        });
    }

    private async Task<Case> ReplayAsync()
    {
        var (id, _) = await Failing.DeadLetterAsync(shop.Shop);
        return new Case(shop.Admin, $"/admin/dead-letters/{id}/replay", null, async reply =>
        {
            Assert.Equal(("waiting", 1L), (reply.Text("status"), reply.Number("replays")));
            Assert.Equal(1, await AuditedAsync(id.ToString()));
        });
    }

    private async Task<Case> ReplayManyAsync()
    {
        var (_, fingerprint) = await Failing.DeadLetterAsync(shop.Shop);
        return new Case(shop.Admin, "/admin/dead-letters/replay", new { fingerprint }, async reply =>
        {
            Assert.Equal((1, 0), (reply.Number("replayed"), reply.Number("remaining")));
            Assert.Equal(1, await AuditedAsync($"fingerprint={fingerprint}"));
        });
    }

    private Task<long> AuditedAsync(string subject) =>
        shop.Shop.QueryAsync<long>("select count(*) from audit_log where subject = $1", subject);

    private async Task<(ApiClient Guest, string Sku, string OrderId)> BuyAsync(string paymentMethod = "pm_card_visa")
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 10);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, 2);
        var reply = await guest.OrderAsync(paymentMethod: paymentMethod);
        return (guest, sku, reply.Text(reply.Status == HttpStatusCode.Created ? "id" : "orderId"));
    }

    private Task StockAsync(string sku, int onHand, int reserved) => Expect.StockAsync(shop.Admin, sku, onHand, reserved);

    private Task<long> EventsAsync(string type, string member, string value) =>
        shop.Shop.QueryAsync<long>(
            "select count(*) from event where type = $1 and coalesce(data->'order', data)->>$2 = $3", type, member, value);

    private Task<long> PaymentsAsync(string orderId, string status) =>
        shop.Shop.QueryAsync<long>(
            "select count(*) from simulated_payment where order_id = $1 and status = $2", Guid.Parse(orderId), status);

    private static void Same(Reply one, Reply other)
    {
        Assert.Equal((one.Status, one.Body), (other.Status, other.Body));
        foreach (var header in (string[])["Content-Type", "Location", "ETag"])
            Assert.Equal(one.Headers.GetValueOrDefault(header), other.Headers.GetValueOrDefault(header));
    }

    /// <summary>Other bytes that say the same: a route refuses what it does not know before it looks for the key.</summary>
    private static HttpContent Changed(object? body) => body is Func<HttpContent> file
        ? file() is { Headers.ContentType.MediaType: Picture.PngType }
            ? Picture.Content(Picture.Png(7, 7))
            : ImportApiTests.Csv("SKU,On hand\n")
        : Make.Json(body is null ? "{}" : $"{System.Text.Json.JsonSerializer.Serialize(body)} ");
}
