using System.Text.Json.Nodes;
using Npgsql;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(RunningShop))]
public sealed class AuditLogTests(RunningShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task what_an_administrator_does_to_a_product_is_there_at_once_with_all_that_is_asked()
    {
        using var http = new HttpClient { BaseAddress = shop.Api.Http.BaseAddress };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("Back-Office/2.0");
        var admin = (await Customer.RegisterAdminAsync(shop)) is var a ? a with { Api = a.Api with { Http = http } } : a;
        var sku = await admin.Api.CreateProductAsync(stock: 0, price: 1000);
        var body = new { name = "Renamed", category = "test/things", price = new { amount = 1250, currency = "USD" } };
        Expect.Status(200, await admin.Api.PutAsync($"/products/{sku}", body));
        Expect.Status(200, await admin.Api.PutAsync($"/products/{sku}", body));
        Expect.Status(204, await admin.Api.DeleteAsync($"/products/{sku}"));
        // A change that changes nothing is no act.
        var entries = await ListAsync($"subject={sku}");
        Assert.Equal(["products.archive", "products.update", "products.create"], entries.Select(e => e["action"]!.GetValue<string>()));
        var update = entries[1];
        Assert.Equal(
            (admin.Id, "success", "127.0.0.1", "Back-Office/2.0"),
            (Text(update, "actor"), Text(update, "outcome"), Text(update, "address"), Text(update, "userAgent")));
        Assert.Equal(
            (1000, 1250), (update["before"]!["price"]!["amount"]!.GetValue<int>(), update["after"]!["price"]!["amount"]!.GetValue<int>()));
        Assert.Equal(32, Text(update, "traceId").Length);
        Assert.Null(entries[2]["before"]);
    }

    [Fact]
    public async Task stock_orders_roles_and_keys_are_noted_with_before_and_after()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 0);
        Expect.Status(
            201, await shop.Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta = 7, reason = "delivery", reference = "note 1" }));
        Expect.Status(200, await shop.Admin.PutAsync($"/inventory/{sku}", new { lowStockThreshold = 3 }));
        var stock = await ListAsync($"subject={sku}&action=inventory.*");
        Assert.Equal(["inventory.set-threshold", "inventory.adjust"], stock.Select(e => Text(e, "action")));
        Assert.Equal((0, 7, "delivery"), (
            Number(stock[1], "before", "onHand"), Number(stock[1], "after", "onHand"), stock[1]["details"]!["reason"]!.GetValue<string>()));
        Assert.Equal(3, Number(stock[0], "after", "lowStockThreshold"));

        var customer = await Customer.RegisterAsync(shop.Api);
        await customer.Api.FillCartAsync(sku, 2);
        var order = Expect.Status(201, await customer.Api.OrderAsync()).Text("id");
        Expect.Status(200, await shop.Admin.PostAsync($"/admin/orders/{order}/ship", new { carrier = "DHL", trackingNumber = "1" }));
        Expect.Status(200, await shop.Admin.PostAsync($"/admin/orders/{order}/deliver"));
        Expect.Status(
            200, await shop.Admin.PostAsync(
                $"/admin/orders/{order}/refunds", new { amount = 100, reason = "late" }, Guid.NewGuid().ToString()));
        var orders = await ListAsync($"subject={order}");
        Assert.Equal(["orders.refund", "orders.deliver", "orders.ship"], orders.Select(e => Text(e, "action")));
        Assert.Equal(
            ("confirmed", "shipped"),
            (orders[2]["before"]!["status"]!.GetValue<string>(), orders[2]["after"]!["status"]!.GetValue<string>()));
        Assert.Equal(100, Number(orders[0], "after", "refunded"));

        Expect.Status(200, await shop.Admin.PutAsync($"/admin/users/{customer.Id}/roles", new { roles = new[] { "admin" } }));
        var roles = Assert.Single(await ListAsync($"subject={customer.Id}&action=users.set-roles"));
        Assert.Equal(
            ("""["customer"]""", """["customer","admin"]"""),
            (roles["before"]!["roles"]!.ToJsonString(), roles["after"]!["roles"]!.ToJsonString()));
    }

    [Fact]
    public async Task an_administrators_cancellation_is_noted_and_a_customers_own_is_not()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var sku = await shop.Admin.CreateProductAsync();
        var ids = new List<string>();
        foreach (var by in new[] { customer.Api, shop.Admin })
        {
            await customer.Api.FillCartAsync(sku);
            ids.Add(Expect.Status(201, await customer.Api.OrderAsync()).Text("id"));
            Expect.Status(200, await by.PostAsync($"/orders/{ids[^1]}/cancel", new { reason = "no more" }));
        }
        Assert.Empty(await ListAsync($"subject={ids[0]}&action=orders.cancel"));
        Assert.DoesNotContain(
            "no more", Assert.Single(await ListAsync($"subject={ids[1]}&action=orders.cancel")).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_concerns_an_accounts_security_is_noted_without_secrets()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var second = await customer.LoginAsync();
        Expect.Status(
            204, await customer.Api.PostAsync(
                "/auth/email/verify", new { token = await customer.MailedTokenAsync(shop, "user.email-verification-requested") }));
        Expect.Status(200, await shop.Api.PostAsync("/auth/refresh", new { refreshToken = second.RefreshToken }));
        Expect.Status(401, await shop.Api.PostAsync("/auth/refresh", new { refreshToken = second.RefreshToken }));
        Expect.Status(
            204, await customer.Api.PostAsync("/me/password", new { currentPassword = customer.Password, newPassword = "a new password" }));
        Expect.Status(204, await customer.Api.DeleteAsync($"/me/sessions/{TestKey.ClaimsOf(customer.Api.AccessToken!)["sid"]}"));
        var entries = await ListAsync($"subject={customer.Id}");
        Assert.Equal(
            ["sessions.end", "users.change-password", "sessions.reuse", "users.verify-email", "sessions.open", "users.register"],
            entries.Select(e => Text(e, "action")));
        Assert.Equal("denied", Text(entries[2], "outcome"));
        Assert.All(entries.Where(e => Text(e, "action") != "sessions.reuse"), e => Assert.Equal(customer.Id, Text(e, "actor")));
        var all = string.Concat(entries.Select(e => e.ToJsonString()));
        foreach (var secret in new[]
        {
            customer.Password,
            "a new password",
            second.RefreshToken.Split('.')[2],
            customer.Email,
            "igest",
            "Hash",
        })
            Assert.DoesNotContain(secret, all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task failed_logins_are_counted_and_not_listed_one_by_one()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        for (var i = 0; i < 12; i++)
            await shop.Api.PostAsync("/auth/login", new { email = i % 2 == 0 ? customer.Email : Make.Email(), password = "a wrong one" });
        await Until.TrueAsync("twelve failures are counted", Limit, async () => await CountAsync() >= 12);
        var rows = await shop.Shop.QueryAsync<long>(
            "select count(*) from audit_log where action = 'sessions.open' and outcome <> 'success'");
        Assert.True(rows < await CountAsync(), $"{rows} rows for {await CountAsync()} failures");
        Assert.NotEmpty(await ListAsync("action=sessions.open&outcome=failure"));

        Task<long> CountAsync() => shop.Shop.QueryAsync<long>(
            "select coalesce(sum(count), 0)::bigint from audit_log where action = 'sessions.open' and outcome <> 'success'");
    }

    [Fact]
    public async Task who_reaches_for_what_is_not_theirs_is_noted()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        Expect.Status(403, await customer.Api.GetAsync("/admin/audit-log"));
        await Until.TrueAsync(
            "the refusal is noted", Limit, async () => (await ListAsync("action=access.refuse&outcome=denied")).Length > 0);
    }

    [Theory]
    [InlineData("update audit_log set actor = 'somebody else'")]
    [InlineData("delete from audit_log")]
    [InlineData("truncate audit_log")]
    [InlineData("with allowed as (select set_config('soonshop.audit_retention', 'on', true)) delete from audit_log using allowed where at "
        + "> now() - interval '1 hour'")]
    public async Task the_log_is_only_added_to(string sql)
    {
        await shop.Admin.CreateProductAsync(stock: 0);
        var refused = await Assert.ThrowsAsync<PostgresException>(async () =>
        {
            await using var command = shop.Shop.Database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        });
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task the_log_is_read_page_by_page_and_by_filters()
    {
        var admin = await Customer.RegisterAdminAsync(shop);
        var skus = new List<string>();
        for (var i = 0; i < 5; i++)
            skus.Add(await admin.Api.CreateProductAsync(stock: 0));
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = Expect.Status(
                200, await shop.Admin.GetAsync(
                    $"/admin/audit-log?actor={admin.Id}&action=products.create&limit=2{(cursor is null ? "" : $"&cursor={cursor}")}"));
            seen.AddRange(page["items"]!.AsArray().Select(e => e!["subject"]!.GetValue<string>()));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);
        Assert.Equal(Enumerable.Reverse(skus), seen);
        var at = DateTimeOffset.Parse(
            (await ListAsync($"subject={skus[2]}"))[0]["at"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture);
        var from = Uri.EscapeDataString(at.ToString("O"));
        Assert.Equal(
            [skus[4], skus[3], skus[2]], (await ListAsync($"actor={admin.Id}&action=products.*&from={from}")).Select(
                e => Text(e, "subject")));
        Assert.Equal(
            [skus[1], skus[0]], (await ListAsync($"actor={admin.Id}&action=products.*&to={from}")).Select(e => Text(e, "subject")));
        Expect.Invalid("outcome", await shop.Admin.GetAsync("/admin/audit-log?outcome=perhaps"));
        Expect.Invalid("cursor", await shop.Admin.GetAsync("/admin/audit-log?cursor=nonsense"));
    }

    private async Task<JsonNode[]> ListAsync(string query) =>
        [.. Expect.Status(200, await shop.Admin.GetAsync($"/admin/audit-log?limit=100&{query}"))["items"]!.AsArray().Select(e => e!)];

    private static string Text(JsonNode entry, string member) => entry[member]!.GetValue<string>();

    private static int Number(JsonNode entry, string part, string member) => entry[part]![member]!.GetValue<int>();
}
