using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(RunningShop))]
public sealed class AdminEventsTests(RunningShop shop)
{
    [Fact]
    public async Task a_purchase_is_counted()
    {
        var sku = await shop.Admin.CreateProductAsync();
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku);
        Expect.Status(201, await guest.OrderAsync());
        await Until.TrueAsync("the order is in the figures", TimeSpan.FromSeconds(120), async () =>
        {
            var stats = Expect.Status(200, await shop.Admin.GetAsync("/admin/events/stats?window=10"));
            return stats["byEventType"]!.AsArray().Any(t =>
                t!["name"]!.GetValue<string>() == "order.confirmed" && t["counts"]!["published"]!.GetValue<long>() > 0)
                && stats["byDomain"]!.AsArray().Any(d => d!["name"]!.GetValue<string>() == "order")
                && stats.Number("totals.published") > 0;
        });
    }

    [Theory]
    [InlineData("window=0", "window")]
    [InlineData("window=10081", "window")]
    [InlineData("window=hour", "window")]
    public async Task a_window_has_bounds(string query, string field) =>
        Expect.Invalid(field, await shop.Admin.GetAsync($"/admin/events/stats?{query}"));

    [Theory]
    [InlineData("type=nonsense", "type")]
    [InlineData("type=1", "type")]
    [InlineData("groupBy=colour", "groupBy")]
    [InlineData("resolved=perhaps", "resolved")]
    public async Task a_filter_that_is_none_is_refused_by_name(string query, string field) =>
        Expect.Invalid(field, await shop.Admin.GetAsync($"/admin/dead-letters?{query}"));

    [Fact]
    public async Task dead_letters_are_listed_grouped_and_shown()
    {
        var (id, fingerprint) = await Failing.DeadLetterAsync(shop.Shop);
        var list = Expect.Status(
            200, await shop.Admin.GetAsync(
                $"/admin/dead-letters?fingerprint={fingerprint}&type=business&handler=nobody&eventType=inventory.out-of-stock"));
        Assert.Equal((id.ToString(), "dead"), (list.Text("items.0.id"), list.Text("items.0.status")));
        Assert.Single(list["items"]!.AsArray());
        var groups = Expect.Status(200, await shop.Admin.GetAsync($"/admin/dead-letters?groupBy=eventType&fingerprint={fingerprint}"));
        Assert.Equal(("inventory.out-of-stock", 1L), (groups.Text("groups.0.value"), groups.Number("groups.0.count")));
        var letter = Expect.Status(200, await shop.Admin.GetAsync($"/admin/dead-letters/{id}"));
        Assert.Equal("""{"sku":"MUG"}""", letter.Text("data"));
        Assert.Equal(
            (2L, "business", "at Somewhere"),
            (letter.Number("history.0.attempt"), letter.Text("history.0.type"), letter.Text("history.0.stack")));
    }

    [Fact]
    public async Task one_is_given_up_only_with_a_reason()
    {
        var (id, fingerprint) = await Failing.DeadLetterAsync(shop.Shop);
        Expect.Invalid("reason", await shop.Admin.DeleteAsync($"/admin/dead-letters/{id}"));
        Expect.Problem(404, "not-found", await shop.Admin.DeleteAsync($"/admin/dead-letters/{Guid.NewGuid()}"));
        Assert.Equal("discarded", Expect.Status(200, await shop.Admin.DeleteAsync($"/admin/dead-letters/{id}?reason=old")).Text("status"));
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync($"/admin/dead-letters/{id}/replay"));
        Assert.Empty((await shop.Admin.GetAsync($"/admin/dead-letters?fingerprint={fingerprint}"))["items"]!.AsArray());
        Assert.Equal(
            "old", (await shop.Admin.GetAsync($"/admin/dead-letters?fingerprint={fingerprint}&resolved=true")).Text("items.0.endReason"));
        var audit = (await shop.Admin.GetAsync("/admin/audit-log?action=dead-letters.discard&limit=100"))["items"]!.AsArray();
        Assert.Contains(audit, a => a!["subject"]!.GetValue<string>() == id.ToString());
    }

    [Fact]
    public async Task failures_are_listed_and_resolved_by_hand()
    {
        var handler = Make.Word();
        var id = await Failing.ErrorAsync(shop.Shop, handler);
        await Failing.ErrorAsync(shop.Shop, handler);
        Assert.Equal(2, (await OpenAsync(handler)).Count);
        Expect.Status(200, await shop.Admin.PostAsync($"/admin/event-errors/{id}/resolve"));
        Assert.Single(await OpenAsync(handler));
        var page = Expect.Status(200, await shop.Admin.GetAsync($"/admin/event-errors?handler={handler}&limit=1"));
        Assert.NotNull(page["nextCursor"]);
        Expect.Problem(404, "not-found", await shop.Admin.PostAsync($"/admin/event-errors/{Guid.NewGuid()}/resolve"));
    }

    private async Task<JsonArray> OpenAsync(string handler) =>
        Expect.Status(200, await shop.Admin.GetAsync($"/admin/event-errors?handler={handler}&resolved=false"))["items"]!.AsArray();
}
