using System.Globalization;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Products that go on sale at a time.</summary>
[Collection(nameof(RunningShop))]
public sealed class PublicationTests(RunningShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task a_draft_goes_on_sale_at_its_time()
    {
        var sku = await DraftAsync(TimeSpan.FromDays(1));
        Expect.Problem(404, "not-found", await shop.Api.GetAsync($"/products/{sku}"));
        await PatchAsync(sku, $$"""{ "publishAt": "{{DateTimeOffset.UtcNow.AddSeconds(1):O}}" }""");
        await Until.TrueAsync(
            "the product is on sale", Limit, async () => (int)(await shop.Api.GetAsync($"/products/{sku}")).Status == 200);
        var shown = Expect.Status(200, await shop.Admin.GetAsync($"/products/{sku}"));
        Assert.Equal(("true", null), (shown["active"]!.ToJsonString(), shown["publishAt"]));
        var log = Expect.Status(200, await shop.Admin.GetAsync($"/admin/audit-log?subject={sku}"));
        Assert.Equal("products.publish", log.Text("items.0.action"));
    }

    [Fact]
    public async Task the_time_can_be_moved_removed_and_is_gone_with_a_sale()
    {
        var sku = await DraftAsync(TimeSpan.FromDays(1));
        var later = DateTimeOffset.UtcNow.AddDays(7);
        var moved = await PatchAsync(sku, $$"""{ "publishAt": "{{later.ToOffset(TimeSpan.FromHours(8)):O}}" }""");
        var shown = DateTimeOffset.Parse(moved.Text("publishAt")!, CultureInfo.InvariantCulture);
        Assert.Equal((later, TimeSpan.Zero), (shown, shown.Offset));
        Assert.NotNull((await PatchAsync(sku, """{ "description": "Soon." }"""))["publishAt"]);
        Assert.Null((await PatchAsync(sku, """{ "publishAt": null }"""))["publishAt"]);

        await PatchAsync(sku, $$"""{ "publishAt": "{{later:O}}" }""");
        var active = await PatchAsync(sku, """{ "active": true }""");
        Assert.Equal(("true", null), (active["active"]!.ToJsonString(), active["publishAt"]));
        Expect.Invalid("publishAt", await SendAsync(sku, $$"""{ "publishAt": "{{later:O}}" }"""));
        Expect.Status(200, await SendAsync(sku, $$"""{ "active": false, "publishAt": "{{later:O}}" }"""));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/products/{sku}"));
        Assert.Null(Expect.Status(200, await shop.Admin.GetAsync($"/products/{sku}"))["publishAt"]);
    }

    private async Task<string> DraftAsync(TimeSpan publishIn)
    {
        var sku = Make.Sku();
        Expect.Status(201, await shop.Admin.PostAsync("/products", new
        {
            sku,
            name = "Soon on sale",
            category = "things",
            price = new { amount = 1000, currency = "USD" },
            active = false,
            publishAt = DateTimeOffset.UtcNow + publishIn,
        }));
        return sku;
    }

    private async Task<Reply> PatchAsync(string sku, string patch) => Expect.Status(200, await SendAsync(sku, patch));

    private Task<Reply> SendAsync(string sku, string patch) => shop.Admin.SendAsync(HttpMethod.Patch, $"/products/{sku}", Make.Json(patch));
}
