using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(RunningShop))]
public sealed class PrivacyTests(RunningShop shop)
{
    private const string Password = "correct horse";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(180);

    [Fact]
    public async Task the_export_holds_everything_about_a_customer_and_no_secrets()
    {
        var email = Make.Email();
        var customer = await shop.Api.AsNewCustomerAsync(email);
        Expect.Status(201, await customer.PostAsync("/me/addresses", ApiClient.Address()));
        var skus = new[] { await shop.Admin.CreateProductAsync(), await shop.Admin.CreateProductAsync() };
        await customer.FillCartAsync(skus[0]);
        var order = Expect.Status(201, await customer.OrderAsync());
        await customer.FillCartAsync(skus[1], 3);
        await shop.Api.PostAsync("/auth/password/forgot", new { email });
        await Until.TrueAsync("the customer is told of the order", Limit, async () =>
            (await customer.GetAsync("/notifications")).Body.Contains("orderConfirmed", StringComparison.Ordinal));

        var export = Expect.Status(200, await customer.GetAsync("/me/export"));
        Assert.Equal(
            ("attachment; filename=\"soonshop-export.json\"", "application/json; charset=utf-8"),
            (export.Headers["Content-Disposition"], export.Headers["Content-Type"]));
        Assert.Equal((1, email), (export.Number("schemaVersion"), export.Text("profile.email")));
        Assert.Equal("12 St James Sq", export.Text("addresses.0.line1"));
        Assert.NotNull(export["sessions.0.createdAt"]);
        Assert.NotNull(export["notificationPreferences.preferences"]);
        Assert.Equal((skus[1], 3), (export.Text("cart.items.0.sku"), export.Number("cart.items.0.quantity")));
        Assert.Empty(export["paymentMethods"]!.AsArray());
        Assert.Equal(
            (order.Text("id"), order.Text("id"), "captured"),
            (export.Text("orders.0.order.id"), export.Text("orders.0.payment.id"), export.Text("orders.0.payment.status")));
        Assert.Contains(export["notifications"]!.AsArray(), n => n!["kind"]!.GetValue<string>() == "orderConfirmed");
        var types = export["events"]!.AsArray().Select(e => e!["type"]!.GetValue<string>()).ToArray();
        Assert.Empty(new[] { "user.registered", "order.placed", "order.confirmed", "payment.captured" }.Except(types));
        Assert.Contains(export["events"]!.AsArray(), e => e!["data"]?["email"]?.GetValue<string>() == email);
        foreach (var secret in (string[])["passwordHash", "tokenDigest", "$argon", "AQAAAA"])
            Assert.DoesNotContain(secret, export.Body, StringComparison.Ordinal);
        Assert.All(
            export["events"]!.AsArray(), e => Assert.True(e!["data"]?["token"] is not { } token || token.GetValue<string>() == "[erased]"));

        Assert.DoesNotContain(
            email, Expect.Status(200, await (await shop.Api.AsNewCustomerAsync()).GetAsync("/me/export")).Body, StringComparison.Ordinal);
        Expect.Problem(401, "unauthenticated", await shop.Api.GetAsync("/me/export"));
    }

    [Fact]
    public async Task the_export_holds_no_secret_that_completes_a_payment()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync());
        var order = Expect.Status(201, await customer.OrderAsync(paymentMethod: "pm_card_authenticationRequired"));
        var export = Expect.Status(200, await customer.GetAsync("/me/export"));
        Assert.Equal(
            (order.Text("id"), "awaitingPayment", "requiresAction"),
            (export.Text("orders.0.order.id"), export.Text("orders.0.order.status"), export.Text("orders.0.payment.status")));
        Assert.DoesNotContain(order.Text("payment.clientSecret"), export.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task long_lists_are_exported_to_their_end()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        for (var i = 0; i < 120; i++)
            Expect.Status(200, await customer.PatchAsync("/me", new { displayName = $"Name {i}" }));
        var names = Expect.Status(200, await customer.GetAsync("/me/export"))["events"]!.AsArray()
            .Where(e => e!["type"]!.GetValue<string>() == "user.profile-updated").Select(e =>
                e!["data"]!["displayName"]!.GetValue<string>());
        Assert.Equal(Enumerable.Range(0, 120).Select(i => $"Name {i}"), names);
    }

    [Fact]
    public async Task an_account_is_erased_by_its_owner_alone_and_its_address_is_free_again()
    {
        var email = Make.Email();
        var registered = await shop.Api.PostAsync("/auth/register", new { email, password = Password }, "register-" + email);
        var customer = shop.Api with { AccessToken = registered.Text("accessToken") };
        Expect.Invalid("currentPassword", await EraseAsync(customer, "wrong horse"));
        Expect.Invalid("currentPassword", await customer.SendAsync(HttpMethod.Delete, "/me", new { }));
        Expect.Problem(401, "unauthenticated", await EraseAsync(shop.Api));
        Expect.Problem(404, "not-found", await shop.Api.GetAsync($"/erasures/{registered.Text("user.id")}"));
        Expect.Problem(409, "conflict", await EraseAsync(shop.Admin, Shop.AdminPassword));

        var erasing = Expect.Status(202, await EraseAsync(customer));
        Assert.Equal($"/api/v1/erasures/{registered.Text("user.id")}", erasing.Headers["Location"]);
        AssertGone(await customer.GetAsync("/me"));
        AssertGone(await customer.GetAsync("/me/export"));
        Expect.Problem(401, "unauthenticated", await shop.Api.PostAsync("/auth/login", new { email, password = Password }));
        Expect.Problem(
            401, "unauthenticated", await shop.Api.PostAsync("/auth/refresh", new { refreshToken = registered.Text("refreshToken") }));
        Assert.Contains((int)(await EraseAsync(customer)).Status, (int[])[202, 401]);
        await CompletedAsync(erasing);
        AssertGone(await customer.FillCartAsync(await shop.Admin.CreateProductAsync()));
        AssertGone(await customer.PutAsync("/me/notification-preferences", new { preferences = new { } }));

        var again = Expect.Status(201, await shop.Api.PostAsync("/auth/register", new { email, password = Password }));
        Assert.NotEqual(registered.Text("user.id"), again.Text("user.id"));
        Assert.Empty(
            Expect.Status(200, await (shop.Api with { AccessToken = again.Text("accessToken") }).GetAsync("/orders"))["items"]!.AsArray());
    }

    [Fact]
    public async Task the_address_of_an_erased_account_is_free_at_once_although_others_try_to_sign_in_with_it()
    {
        for (var round = 0; round < 5; round++)
        {
            var email = Make.Email();
            var registered = Expect.Status(201, await shop.Api.PostAsync("/auth/register", new { email, password = Password }));
            using var erased = new CancellationTokenSource();
            var guesses = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => GuessAsync(email, erased.Token)));
            await CompletedAsync(Expect.Status(202, await EraseAsync(shop.Api with { AccessToken = registered.Text("accessToken") })));
            Expect.Status(201, await shop.Api.PostAsync("/auth/register", new { email, password = Password }));
            await erased.CancelAsync();
            await guesses;
        }

        async Task GuessAsync(string email, CancellationToken cancellation)
        {
            while (!cancellation.IsCancellationRequested)
                Assert.Contains(
                    (int)(await shop.Api.PostAsync("/auth/login", new { email, password = "wrong horse" })).Status, (int[])[401, 429]);
        }
    }

    /// <summary>For some seconds the token is good, and finds nobody; then it is no good.</summary>
    private static void AssertGone(Reply reply) => Assert.Contains((int)reply.Status, (int[])[401, 404]);

    [Fact]
    public async Task an_account_with_an_open_order_waits_for_its_end()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync());
        var order = Expect.Status(201, await customer.OrderAsync());
        var refused = Expect.Problem(409, "conflict", await EraseAsync(customer));
        Assert.Contains(order.Text("number"), refused.Text("detail"), StringComparison.Ordinal);
        Expect.Status(200, await customer.GetAsync("/me"));

        Expect.Status(200, await customer.PostAsync($"/orders/{order.Text("id")}/cancel"));
        var erasing = Expect.Status(202, await EraseAsync(customer));
        await CompletedAsync(erasing);
        var seen = Expect.Status(200, await shop.Admin.GetAsync($"/orders/{order.Text("id")}"));
        Assert.Equal(
            ("[erased]", "[erased]", "US"), (seen.Text("email"), seen.Text("shippingAddress.name"), seen.Text("shippingAddress.country")));
        Assert.Equal(order["total"]!.ToJsonString(), seen["total"]!.ToJsonString());
    }

    /// <summary>The order is confirmed, as what shipping cost is the shop's; the last version's index says that it is open.</summary>
    [Fact]
    public async Task an_account_whose_order_was_refunded_line_by_line_waits_for_nothing()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        var sku = await shop.Admin.CreateProductAsync();
        await customer.FillCartAsync(sku, 2);
        var id = Expect.Status(201, await customer.OrderAsync()).Text("id");
        Expect.Status(200, await RefundAsync(1));
        Expect.Problem(409, "conflict", await EraseAsync(customer));
        Assert.Equal("confirmed", Expect.Status(200, await RefundAsync(1)).Text("status"));
        await shop.Shop.QueryAsync<string>(
            "update grain_state_order set index = jsonb_set(index, '{open}', 'true') where grain_key = $1 returning grain_key",
            Guid.Parse(id).ToString("N"));

        await CompletedAsync(Expect.Status(202, await EraseAsync(customer)));

        Assert.Equal("[erased]", Expect.Status(200, await shop.Admin.GetAsync($"/orders/{id}")).Text("email"));

        Task<Reply> RefundAsync(int units) => shop.Admin.PostAsync(
            $"/admin/orders/{id}/refunds", new { lines = new[] { new { sku, quantity = units } }, reason = "late" },
            Guid.NewGuid().ToString());
    }

    private static Task<Reply> EraseAsync(ApiClient client, string currentPassword = Password) =>
        client.SendAsync(HttpMethod.Delete, "/me", new { currentPassword });

    private Task CompletedAsync(Reply erasing) => Until.TrueAsync("the account is erased", Limit, async () =>
        Expect.Status(200, await shop.Api.GetAsync(erasing.Headers["Location"]["/api/v1".Length..])).Text("status") == "completed");
}
