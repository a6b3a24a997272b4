using System.Text.Json.Nodes;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>What the processes of a shop log.</summary>
[Collection(nameof(ObservedShop))]
public sealed class LogTests(ObservedShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task a_busy_shop_logs_json_with_trace_and_user_and_nobodys_secrets()
    {
        // Every request is told of, with its path and query.
        await SetLevelsAsync(new() { ["Default"] = "debug", ["Orleans"] = "information", ["Microsoft.AspNetCore"] = "debug" });
        await Until.TrueAsync("both processes log more", Limit, () =>
            Task.FromResult(Says(shop.LinesOfApi, "Temporary log levels until") && Says(shop.LinesOfSilo, "Temporary log levels until")));

        var (email, password, name, street, phone) = (Make.Email(), $"pass {Make.Word()}", Make.Word(), Make.Word(), "+1 202 555 0188");
        var registered = Expect.Status(201, await shop.Api.PostAsync("/auth/register", new { email, password, displayName = name }));
        var customer = shop.Api with { AccessToken = registered.Text("accessToken") };
        await shop.Api.PostAsync("/auth/login", new { email, password = password + "!" });
        await shop.Api.PostAsync("/auth/register", new { email, password });
        await shop.Api.PostAsync("/auth/password/forgot", new { email });
        var refreshed = Expect.Status(
            200, await shop.Api.PostAsync("/auth/refresh", new { refreshToken = registered.Text("refreshToken") }));
        await shop.Api.GetAsync($"/products?q=thing&token={registered.Text("refreshToken")}&email={Uri.EscapeDataString(email)}");
        await shop.Api.PostAsync("/auth/login", Make.Json($$"""{ "email": "{{email}}", "password": "{{password}}" """));
        await (shop.Api with { AccessToken = registered.Text("accessToken") + "x" }).GetAsync("/me");
        var key = Expect.Status(201, await shop.Admin.PostAsync("/admin/api-keys", new { name = "logs", scopes = new[] { "orders:read" } }))
            .Text("key");
        await (shop.Api with { AccessToken = key }).GetAsync("/admin/orders");
        await (shop.Api with { AccessToken = key[..^1] + "0" }).GetAsync("/admin/orders");
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync(stock: 9, price: 2000));
        var address = new { name, line1 = street, city = "Springfield", region = "IL", postalCode = "62701", country = "US", phone };
        var acting = Expect.Status(
            201, await customer.PostAsync(
                "/orders", new { paymentMethod = "pm_card_authenticationRequired", shippingAddress = address }, Guid.NewGuid().ToString()));
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync(stock: 9, price: 2000));
        // Stripe refuses what it does not know, which the silo tells of, in the customer's name.
        var trace = $"{Guid.NewGuid():N}";
        var refused = await ObservedShop.Traced(customer, trace, "00f067aa0ba902b7")
            .PostAsync("/orders", new { paymentMethod = "pm_nobody_knows", shippingAddress = address }, Guid.NewGuid().ToString());
        Assert.Equal(402, (int)refused.Status);

        await Until.TrueAsync("the refusal is logged", Limit, () => Task.FromResult(Says(shop.LinesOfSilo, "Stripe refuses the payment")));
        var line = shop.LinesOfSilo.First(l => Message(l).Contains("Stripe refuses the payment", StringComparison.Ordinal));
        Assert.Equal(
            (trace, registered.Text("user.id"), "warning", "soonshop-silo"),
            ((string?)line["traceId"], (string?)line["userId"], (string?)line["level"], (string?)line["service"]));
        Assert.Equal(refused.Text("orderId"), (string?)line["properties"]!["OrderId"]);
        await Until.TrueAsync("the request is logged", Limit, () =>
            Task.FromResult(shop.LinesOfApi.Any(
                l => (string?)l["traceId"] == trace && Message(l).StartsWith("Request finished", StringComparison.Ordinal))));

        var mailed = await shop.Shop.QueryAsync<string>(
            "select data ->> 'token' from event where type = 'user.email-verification-requested' and data ->> 'email' = $1", email);
        (string What, string Text)[] planted =
        [
            ("password", password), ("e-mail", email), ("escaped e-mail", Uri.EscapeDataString(email)), ("name", name), ("street", street),
            ("phone", phone), ("access token", registered.Text("accessToken")), ("access token", refreshed.Text("accessToken")),
            ("refresh token", registered.Text("refreshToken")), ("refresh token", refreshed.Text("refreshToken")), ("API key", key),
            ("mailed token", mailed), ("client secret", acting.Text("payment.clientSecret")), ("Stripe's key", "51PlantedKey"),
            ("webhook secret", "PlantedSecret"), ("administrator's password", Shop.AdminPassword),
            ("administrator's e-mail", Shop.AdminEmail), ("signing key", TestKey.OfShops.Setting[..60]),
        ];
        Assert.All(planted, p => Assert.True(p.Text.Length > 8, p.What));
        foreach (var log in (JsonObject[][])[shop.LinesOfSilo, shop.LinesOfApi])
        {
            Assert.NotEmpty(log);
            Assert.All(
                log, l => Assert.All((string[])["time", "level", "service", "category", "message"], field => Assert.NotNull(l[field])));
            // JSON writes some characters in another way: compared is what was meant.
            var all = string.Join('\n', log.SelectMany(Texts));
            Assert.All(planted, p => Assert.False(all.Contains(p.Text, StringComparison.OrdinalIgnoreCase), $"The {p.What} stands in the "
                + $"log: {log.FirstOrDefault(l => Texts(l).Any(t => t.Contains(p.Text, StringComparison.OrdinalIgnoreCase)))}"));
        }

        await SetLevelsAsync([]);
        await Until.TrueAsync("both processes log what is configured", Limit, () => Task.FromResult(
            Says(shop.LinesOfApi, "configured log levels are in effect") && Says(shop.LinesOfSilo, "configured log levels are in effect")));
        var quiet = Make.Word();
        await shop.Api.GetAsync($"/products?q={quiet}");
        Assert.Equal(0, shop.LinesOfApi.Count(l => Texts(l).Any(t => t.Contains(quiet, StringComparison.Ordinal))));
        Assert.Empty((await shop.Admin.GetAsync("/admin/log-levels"))["levels"]!.AsObject());
        Assert.Contains((await shop.Admin.GetAsync("/admin/audit-log?action=logging.set-levels"))["items"]!.AsArray(), e =>
            (string?)e!["after"]?["levels"]?["Default"] == "debug");
    }

    [Fact]
    public async Task levels_must_be_levels_of_categories_for_a_while()
    {
        Expect.Invalid("levels", await shop.Admin.PutAsync("/admin/log-levels", new { minutes = 5 }));
        Expect.Problem(
            400, "validation-failed", await shop.Admin.PutAsync(
                "/admin/log-levels", new { levels = new { Default = "loud" }, minutes = 5 }));
        Expect.Invalid(
            "levels", await shop.Admin.PutAsync(
                "/admin/log-levels", new { levels = new Dictionary<string, string> { ["Console:LogLevel"] = "debug" }, minutes = 5 }));
        Expect.Invalid("minutes", await shop.Admin.PutAsync("/admin/log-levels", new { levels = new { SoonShop = "debug" }, minutes = 0 }));
        Expect.Problem(403, "forbidden", await (await shop.Api.AsNewCustomerAsync()).GetAsync("/admin/log-levels"));
    }

    private async Task SetLevelsAsync(Dictionary<string, string> levels) =>
        Expect.Status(200, await shop.Admin.PutAsync("/admin/log-levels", new { levels, minutes = 10 }));

    private static bool Says(JsonObject[] log, string what) => log.Any(l => Message(l).Contains(what, StringComparison.Ordinal));

    private static string Message(JsonObject line) => (string?)line["message"] ?? "";

    /// <summary>Every text in a line, wherever it stands.</summary>
    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject all => all.SelectMany(m => Texts(m.Value).Prepend(m.Key)),
        JsonArray list => list.SelectMany(Texts),
        null => [],
        _ => [node.ToString()],
    };
}
