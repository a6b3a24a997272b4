using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>The rules of prices over HTTP. Each test makes its own, and archives what would change the prices of other tests.</summary>
[Collection(nameof(SecondRunningShop))]
public sealed class PricingRulesTests(RunningShop shop)
{
    private ApiClient Admin => shop.Admin;

    [Fact]
    public async Task a_promotion_is_created_read_replaced_and_archived()
    {
        var id = Make.Word();
        var created = Expect.Status(201, await Admin.PostAsync("/admin/promotions", Promotion(id)));
        Assert.Equal($"/api/v1/admin/promotions/{id}", created.Headers["Location"]);
        Assert.Equal(
            ("disabled", "order", "automatic", 0L),
            (created.Text("status"), created.Text("stage"), created.Text("trigger"), created.Number("priority")));
        Assert.Equal("""["order","shipping"]""", created["combines"]!.ToJsonString());

        var read = Expect.Status(200, await Admin.GetAsync($"/admin/promotions/{id}"));
        Assert.Equal((created.Body, created.Headers["ETag"]), (read.Body, read.Headers["ETag"]));

        var replaced = Expect.Status(
            200, await Admin.PutAsync($"/admin/promotions/{id}", Promotion(null, priority: 7), read.Headers["ETag"]));
        Assert.Equal((id, 7L), (replaced.Text("id"), replaced.Number("priority")));
        Assert.NotEqual(read.Headers["ETag"], replaced.Headers["ETag"]);
        Expect.Problem(412, "precondition-failed", await Admin.PutAsync($"/admin/promotions/{id}", Promotion(id), read.Headers["ETag"]));
        Expect.Problem(412, "precondition-failed", await Admin.DeleteAsync($"/admin/promotions/{id}", read.Headers["ETag"]));
        // The same again changes nothing.
        var same = Expect.Status(200, await Admin.PutAsync($"/admin/promotions/{id}", Promotion(id, priority: 7), "*"));
        Assert.Equal((replaced.Body, replaced.Headers["ETag"]), (same.Body, same.Headers["ETag"]));

        Expect.Status(204, await Admin.DeleteAsync($"/admin/promotions/{id}", replaced.Headers["ETag"]));
        Expect.Status(204, await Admin.DeleteAsync($"/admin/promotions/{id}"));
        var archived = Expect.Status(200, await Admin.GetAsync($"/admin/promotions/{id}"));
        Assert.Equal("archived", archived.Text("status"));
        Assert.NotNull(archived["archivedAt"]);
        Expect.Problem(409, "conflict", await Admin.PostAsync("/admin/promotions", Promotion(id)));
        Assert.Equal("disabled", Expect.Status(200, await Admin.PutAsync($"/admin/promotions/{id}", Promotion(id))).Text("status"));
        Expect.Status(204, await Admin.DeleteAsync($"/admin/promotions/{id}"));
        Expect.Problem(404, "not-found", await Admin.GetAsync($"/admin/promotions/{id}x"));
        Expect.Problem(404, "not-found", await Admin.PutAsync($"/admin/promotions/{id}x", Promotion(null)));
        Expect.Problem(404, "not-found", await Admin.DeleteAsync($"/admin/promotions/{id}x"));
        Expect.Problem(404, "not-found", await Admin.GetAsync($"/admin/promotions/{id}x/history"));
    }

    [Fact]
    public async Task a_rule_without_an_id_gets_one_and_another_id_than_the_paths_is_refused()
    {
        string[] customerGroups = [await Admin.CreateGroupAsync()];
        var another = new { id = "another", name = "Wholesale", customerGroups };
        var created = Expect.Status(
            201, await Admin.PostAsync("/admin/price-lists", new { name = "Wholesale", enabled = false, customerGroups }));
        var id = created.Text("id");
        Assert.Matches("^[0-9a-f]{20}$", id);
        Expect.Invalid("id", await Admin.PutAsync($"/admin/price-lists/{id}", another));
        Expect.Problem(404, "not-found", await Admin.PutAsync($"/admin/price-lists/{id}x", another));
        Expect.Status(204, await Admin.DeleteAsync($"/admin/price-lists/{id}"));
    }

    [Fact]
    public async Task promotions_are_listed_by_status_in_pages()
    {
        var prefix = Make.Word();
        string[] ids = [$"{prefix}-active", $"{prefix}-disabled", $"{prefix}-ended", $"{prefix}-scheduled"];
        var (past, future) = (DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
        // The active one needs a group that nobody is in.
        await Admin.CreateGroupAsync(prefix);
        Expect.Status(201, await Admin.PostAsync("/admin/promotions", Promotion(ids[0], enabled: true, group: prefix)));
        Expect.Status(201, await Admin.PostAsync("/admin/promotions", Promotion(ids[1])));
        Expect.Status(201, await Admin.PostAsync("/admin/promotions", Promotion(ids[2], enabled: true, from: past, to: past.AddDays(1))));
        Expect.Status(201, await Admin.PostAsync("/admin/promotions", Promotion(ids[3], enabled: true, from: future)));

        foreach (var status in (string[])["active", "disabled", "ended", "scheduled"])
            Assert.Equal([$"{prefix}-{status}"], await ListAsync($"?limit=100&status={status}", prefix));
        Assert.Equal(ids, await ListAsync("?limit=100", prefix));
        Assert.Empty(await ListAsync("?limit=100&status=archived", prefix));
        var found = new List<string>();
        string? cursor = null;
        do
        {
            var page = Expect.Status(200, await Admin.GetAsync($"/admin/promotions?limit=1{(cursor is null ? "" : $"&cursor={cursor}")}"));
            found.Add(Assert.Single(page["items"]!.AsArray())!["id"]!.GetValue<string>());
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);
        Assert.Equal(ids, found.Where(id => id.StartsWith(prefix, StringComparison.Ordinal)));

        Expect.Invalid("cursor", await Admin.GetAsync("/admin/promotions?cursor=nonsense"));
        Expect.Invalid("status", await Admin.GetAsync("/admin/promotions?status=asleep"));
        Expect.Invalid("state", await Admin.GetAsync("/admin/promotions?state=active"));
        foreach (var id in ids)
            Expect.Status(204, await Admin.DeleteAsync($"/admin/promotions/{id}"));
        Assert.Equal(ids, await ListAsync("?limit=100&status=archived", prefix));
    }

    [Fact]
    public async Task the_history_tells_who_changed_what()
    {
        var id = Make.Word();
        Expect.Status(201, await Admin.PostAsync("/admin/promotions", Promotion(id)));
        Expect.Status(200, await Admin.PutAsync($"/admin/promotions/{id}", Promotion(id, priority: 3)));
        Expect.Status(200, await Admin.PutAsync($"/admin/promotions/{id}", Promotion(id, priority: 3)));
        Expect.Status(204, await Admin.DeleteAsync($"/admin/promotions/{id}"));
        Expect.Status(200, await Admin.PutAsync($"/admin/promotions/{id}", Promotion(id)));
        Expect.Status(204, await Admin.DeleteAsync($"/admin/promotions/{id}"));

        var history = Expect.Status(200, await Admin.GetAsync($"/admin/promotions/{id}/history"));
        var changes = history["items"]!.AsArray();
        Assert.Equal(["archive", "restore", "archive", "update", "create"], changes.Select(c => c!["change"]!.GetValue<string>()));
        Assert.Equal((0L, 3L), (history.Number("items.3.before.priority"), history.Number("items.3.after.priority")));
        Assert.Equal("""["order","shipping"]""", history["items.3.after.combines"]!.ToJsonString());
        Assert.Null(history["items.4.before"]);
        Assert.Null(history["items.0.after"]);
        var admin = (await Admin.GetAsync("/me")).Text("id");
        Assert.All(changes, c => Assert.Equal(admin, c!["actor"]!.GetValue<string>()));

        var first = Expect.Status(200, await Admin.GetAsync($"/admin/promotions/{id}/history?limit=2"));
        var second = Expect.Status(200, await Admin.GetAsync($"/admin/promotions/{id}/history?limit=2&cursor={first.Text("nextCursor")}"));
        Assert.Equal(changes[2]!.ToJsonString(), second["items.0"]!.ToJsonString());
    }

    [Fact]
    public async Task zones_rates_and_methods_need_each_other()
    {
        var id = Make.Word();
        var zone = new { id, name = "Somewhere", areas = new[] { new { country = "AQ", region = id } } };
        var rate = new { id, name = "Tax", zoneId = id, ppm = 88_750 };
        Assert.Contains("zoneId", Expect.Fields(Expect.Problem(400, "validation-failed", await Admin.PostAsync("/admin/tax/rates", rate))));
        Expect.Status(201, await Admin.PostAsync("/admin/tax/zones", zone));
        Assert.Equal("standard", Expect.Status(201, await Admin.PostAsync("/admin/tax/rates", rate)).Text("category"));
        var used = Expect.Problem(409, "conflict", await Admin.DeleteAsync($"/admin/tax/zones/{id}"));
        Assert.Equal($"The tax zone {id} is still used by tax-rate/{id}. Change or archive them first.", used.Text("detail"));

        Expect.Status(201, await Admin.PostAsync("/admin/shipping/zones", zone));
        var method = new
        {
            id,
            name = "Sledge",
            enabled = false,
            position = 0,
            prices = new[] { new { zoneId = id, currency = "USD", amount = 990 } },
        };
        Assert.Equal(0, Expect.Status(201, await Admin.PostAsync("/admin/shipping/methods", method)).Number("position"));
        Expect.Status(201, await Admin.PostAsync("/admin/promotions", new
        {
            id,
            name = "Free sledge",
            enabled = false,
            action = new { kind = "shippingDiscount", percentPpm = 1_000_000, shippingMethods = new[] { id } },
        }));
        Assert.Contains(
            $"shipping-method/{id}", Expect.Problem(409, "conflict", await Admin.DeleteAsync($"/admin/shipping/zones/{id}")).Text("detail"),
            StringComparison.Ordinal);
        Assert.Contains(
            $"promotion/{id}", Expect.Problem(409, "conflict", await Admin.DeleteAsync($"/admin/shipping/methods/{id}")).Text("detail"),
            StringComparison.Ordinal);
        foreach (var path in (string[])["promotions", "shipping/methods", "shipping/zones", "tax/rates", "tax/zones"])
            Expect.Status(204, await Admin.DeleteAsync($"/admin/{path}/{id}"));
        // Its zone is archived, so it cannot be in force.
        Assert.Contains(
            "zoneId", Expect.Fields(Expect.Problem(400, "validation-failed", await Admin.PutAsync($"/admin/tax/rates/{id}", rate))));
    }

    [Fact]
    public async Task the_tax_settings_are_replaced_as_a_whole()
    {
        var before = Expect.Status(200, await Admin.GetAsync("/admin/tax/settings"));
        var changed = Expect.Status(200, await Admin.PutAsync(
            "/admin/tax/settings", new { rounding = "perLine", taxInsideCurrencies = new[] { "MXV" } }, before.Headers["ETag"]));
        Assert.Equal(("perLine", "MXV"), (changed.Text("rounding"), changed.Text("taxInsideCurrencies.0")));
        Expect.Problem(412, "precondition-failed", await Admin.PutAsync(
            "/admin/tax/settings", new { rounding = "perLine", taxInsideCurrencies = new[] { "USN" } }, before.Headers["ETag"]));
        Expect.Invalid("rounding", await Admin.PutAsync("/admin/tax/settings", new { taxInsideCurrencies = Array.Empty<string>() }));
        Expect.Problem(
            400, "validation-failed", await Admin.PutAsync(
                "/admin/tax/settings", new { rounding = "perLine", taxInsideCurrencies = new[] { "euro" } }));
        Expect.Status(200, await Admin.PutAsync("/admin/tax/settings", new JsonObject
        {
            ["rounding"] = before["rounding"]!.DeepClone(),
            ["taxInsideCurrencies"] = before["taxInsideCurrencies"]!.DeepClone(),
        }));
        Assert.Equal("update", Expect.Status(200, await Admin.GetAsync("/admin/tax/settings/history")).Text("items.0.change"));
    }

    [Fact]
    public async Task a_customers_groups_and_exemption_are_set_by_administrators()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var path = $"/admin/users/{customer.Id}/pricing";
        var before = Expect.Status(200, await Admin.GetAsync(path));
        Assert.Empty(before["groups"]!.AsArray());
        Assert.Null(before["taxExemptionReason"]);
        await Admin.CreateGroupAsync("wholesale");
        await Admin.CreateGroupAsync("friends");
        var set = Expect.Status(200, await Admin.PutAsync(
            path, new { groups = new[] { "wholesale", "friends", "wholesale" }, taxExemptionReason = " VAT DE123456789 " },
            before.Headers["ETag"]));
        Assert.Equal("""["friends","wholesale"]""", set["groups"]!.ToJsonString());
        Assert.Equal("VAT DE123456789", set.Text("taxExemptionReason"));
        Expect.Problem(
            412, "precondition-failed", await Admin.PutAsync(path, new { groups = Array.Empty<string>() }, before.Headers["ETag"]));
        Assert.Equal(set.Headers["ETag"], Expect.Status(200, await Admin.PutAsync(
            path, new { groups = new[] { "friends", "wholesale" }, taxExemptionReason = "VAT DE123456789" })).Headers["ETag"]);

        Expect.Invalid("groups", await Admin.PutAsync(path, new { groups = new[] { "Big Spenders" } }));
        Expect.Invalid("taxExemptionReason", await Admin.PutAsync(path, new { groups = Array.Empty<string>(), taxExemptionReason = "" }));
        Expect.Invalid("groups", await Admin.PutAsync(path, new { taxExemptionReason = "x" }));
        Expect.Problem(404, "not-found", await Admin.GetAsync($"/admin/users/{Guid.NewGuid()}/pricing"));
        Expect.Problem(
            404, "not-found", await Admin.PutAsync($"/admin/users/{Guid.NewGuid()}/pricing", new { groups = Array.Empty<string>() }));

        var export = Expect.Status(200, await customer.Api.GetAsync("/me/export"));
        Assert.Equal(("wholesale", "VAT DE123456789"), (export.Text("customerGroups.1"), export.Text("taxExemptionReason")));
        var audited = Expect.Status(200, await Admin.GetAsync($"/admin/audit-log?action=users.set-pricing&subject={customer.Id}"));
        Assert.Equal("friends", audited.Text("items.0.after.customerGroups.0"));
        Assert.Equal("true", audited.Text("items.0.after.taxExempt"));
        Assert.DoesNotContain("DE123456789", audited.Body, StringComparison.Ordinal);
    }

    private async Task<string[]> ListAsync(string query, string prefix) =>
    [
        .. Expect.Status(200, await Admin.GetAsync($"/admin/promotions{query}"))["items"]!.AsArray()
            .Select(i => i!["id"]!.GetValue<string>()).Where(id => id.StartsWith(prefix, StringComparison.Ordinal)),
    ];

    /// <summary>Switched off, unless a test needs it on.</summary>
    private static object Promotion(
        string? id, int priority = 0, bool enabled = false, DateTimeOffset? from = null, DateTimeOffset? to = null, string? group = null) =>
        new
        {
            id,
            name = "Ten per cent",
            enabled,
            from,
            to,
            priority,
            combines = new[] { "shipping", "order" },
            conditions = new { customerGroups = group is null ? [] : new[] { group } },
            action = new { kind = "orderDiscount", percentPpm = 100_000 },
        };
}
