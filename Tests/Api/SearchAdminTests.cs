using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Synonyms, suggestions, related products and searches without results, over HTTP.</summary>
[Collection(nameof(RunningShop))]
public sealed class SearchAdminTests(RunningShop shop)
{
    private const string All = "/admin/search/synonyms";

    [Fact]
    public async Task synonyms_are_entered_changed_and_removed_and_each_change_is_in_force_at_once()
    {
        var word = Make.Word().ToLowerInvariant();
        var (one, other) = (Make.Word().ToLowerInvariant(), Make.Word().ToLowerInvariant());
        var sku = await AddAsync($"Red {other}");
        Assert.Empty(await FindAsync($"red {one}"));

        var created = Expect.Status(201, await shop.Admin.PostAsync(All, new { id = word, terms = new[] { one, other } }));
        Assert.EndsWith($"/admin/search/synonyms/{word}", created.Headers["Location"], StringComparison.Ordinal);
        Assert.Equal([sku], await FindAsync($"red {one}"));

        var path = $"{All}/{word}";
        var tag = Expect.Status(200, await shop.Admin.GetAsync(path)).Headers["ETag"];
        Assert.Equal(created.Headers["ETag"], tag);
        var backwards = new { from = new[] { other }, to = new[] { one } };
        Expect.Problem(412, "precondition-failed", await shop.Admin.PutAsync(path, backwards, "\"0\""));
        var put = Expect.Status(200, await shop.Admin.PutAsync(path, backwards, tag));
        Assert.NotEqual(tag, put.Headers["ETag"]);
        Assert.Equal(put.Headers["ETag"], Expect.Status(200, await shop.Admin.PutAsync(path, backwards)).Headers["ETag"]);
        Assert.Empty(await FindAsync($"red {one}"));

        Expect.Problem(409, "conflict", await shop.Admin.PostAsync(All, new { id = word, terms = new[] { one, "x" } }));
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync(All, new { terms = new[] { other, "x" } }));
        Expect.Invalid("terms", await shop.Admin.PostAsync(All, new { terms = new[] { "a" } }));
        Expect.Invalid("terms", await shop.Admin.PostAsync(All, new { terms = new[] { "a", new string('b', 101) } }));
        Expect.Invalid("to", await shop.Admin.PostAsync(All, new { from = new[] { "a" } }));
        Expect.Invalid("id", await shop.Admin.PutAsync(path, new { id = "other", terms = new[] { "a", "b" } }));
        Expect.Problem(404, "not-found", await shop.Admin.PutAsync("/admin/search/synonyms/none", new { terms = new[] { "a", "b" } }));
        Assert.Contains(
            (await shop.Admin.GetAsync("/admin/search/synonyms?limit=100"))["items"]!.AsArray(), s => s!["id"]!.GetValue<string>() == word);

        Expect.Problem(412, "precondition-failed", await shop.Admin.DeleteAsync(path, tag));
        Expect.Status(204, await shop.Admin.DeleteAsync(path));
        Expect.Problem(404, "not-found", await shop.Admin.DeleteAsync(path));
        var log = Expect.Status(200, await shop.Admin.GetAsync($"/admin/audit-log?subject=search-synonyms/{word}"));
        Assert.Equal(
            ["search-synonyms.remove", "search-synonyms.update", "search-synonyms.create"],
            log["items"]!.AsArray().Select(e => e!["action"]!.GetValue<string>()));
    }

    [Fact]
    public async Task suggestions_are_cached_and_checked()
    {
        var word = Make.Word();
        var sku = await AddAsync($"Green {word}");
        var path = $"/search/suggestions?q={word[..5].ToLowerInvariant()}&limit=20";
        var reply = Expect.Status(200, await shop.Api.GetAsync(path));
        Assert.Contains(reply["items"]!.AsArray(), s => s!["sku"]?.GetValue<string>() == sku && s["kind"]!.GetValue<string>() == "product");
        Assert.StartsWith("public, max-age=", reply.Headers["Cache-Control"], StringComparison.Ordinal);
        Expect.Status(304, await shop.Api.GetAsync(path, reply.Headers["ETag"]));
        Expect.Invalid("limit", await shop.Api.GetAsync("/search/suggestions?q=a&limit=21"));
        Expect.Invalid("q", await shop.Api.GetAsync($"/search/suggestions?q={new string('a', 65)}"));
        Expect.Invalid("q", await shop.Api.GetAsync("/search/suggestions?q="));
        Expect.Invalid("q", await shop.Api.GetAsync("/search/suggestions"));
    }

    [Fact]
    public async Task products_of_the_same_orders_come_before_those_of_the_same_category()
    {
        var category = $"c-{Make.Word().ToLowerInvariant()}";
        var family = $"f-{Make.Word().ToLowerInvariant()}";
        var product = await AddAsync("Camera", category, 1000, family);
        await AddAsync("Camera in red", category, 1000, family);
        var (near, far) = (await AddAsync("Tripod", category, 1100), await AddAsync("Lens", category, 90_000));
        var (often, once) = (await AddAsync("Bag", "others", 500), await AddAsync("Strap", "others", 500));
        var gone = await AddAsync("Film", "others", 500);
        await BuyAsync(product, often, gone);
        await BuyAsync(product, often, once);
        Expect.Status(204, await shop.Admin.DeleteAsync($"/products/{gone}"));
        // As the silo does it after some minutes.
        await Until.TrueAsync("the orders are counted", TimeSpan.FromSeconds(120), async () =>
        {
            while (await shop.Shop.QueryAsync<int>("select count_product_pairs(2000, 20, '2000-01-01', '0 s')") > 0)
            {
                // More events are to be looked at.
            }
            const string Counted = "select coalesce(sum(orders), 0)::bigint from product_pair where sku = $1";
            return await shop.Shop.QueryAsync<long>(Counted, product) == 4;
        });

        var related = Expect.Status(200, await shop.Admin.GetAsync($"/products/{product}/related"));
        Assert.Equal([often, once, near, far], related["items"]!.AsArray().Select(p => p!["sku"]!.GetValue<string>()));
        Assert.Equal(2, Expect.Status(200, await shop.Api.GetAsync($"/products/{product}/related?limit=2"))["items"]!.AsArray().Count);
        Expect.Problem(404, "not-found", await shop.Api.GetAsync("/products/NO-SUCH-PRODUCT/related"));
        Expect.Invalid("limit", await shop.Api.GetAsync($"/products/{product}/related?limit=0"));
    }

    [Fact]
    public async Task a_search_without_results_is_listed_some_seconds_later()
    {
        var word = $"{Make.Word()}{Make.Word()}".ToLowerInvariant();
        await shop.Api.GetAsync($"/products?q={word}");
        var today = DateTime.UtcNow.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        await Until.TrueAsync("it is written", TimeSpan.FromSeconds(120), async () => (await ListedAsync($"from={today}")).Contains(word));
        Assert.DoesNotContain(word, await ListedAsync("to=2020-01-01"));
        Expect.Invalid("from", await shop.Admin.GetAsync("/admin/search/misses?from=yesterday"));
        Expect.Invalid("cursor", await shop.Admin.GetAsync("/admin/search/misses?cursor=x"));
    }

    private async Task<List<string>> ListedAsync(string query)
    {
        var texts = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = Expect.Status(200, await shop.Admin.GetAsync($"/admin/search/misses?{query}&limit=100{cursor}"));
            texts.AddRange(page["items"]!.AsArray().Select(m => m!["text"]!.GetValue<string>()));
            cursor = page["nextCursor"]?.GetValue<string>() is { } next ? $"&cursor={next}" : null;
        }
        return texts;
    }

    private async Task BuyAsync(params string[] skus)
    {
        var guest = await shop.Api.AsGuestAsync();
        foreach (var sku in skus)
            Expect.Status(200, await guest.FillCartAsync(sku));
        Expect.Status(201, await guest.OrderAsync());
    }

    private async Task<string[]> FindAsync(string text) =>
        [.. Expect.Status(200, await shop.Api.GetAsync($"/products?q={Uri.EscapeDataString(text)}"))["items"]!.AsArray()
            .Select(p => p!["sku"]!.GetValue<string>())];

    private async Task<string> AddAsync(string name, string category = "test", long price = 1000, string? family = null)
    {
        var sku = Make.Sku();
        Expect.Status(201, await shop.Admin.PostAsync(
            "/products", new { sku, name, category, family, price = new { amount = price, currency = "USD" } }));
        Expect.Status(201, await shop.Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta = 10, reason = "test" }));
        return sku;
    }
}
