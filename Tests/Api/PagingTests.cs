using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Lists take back what they give as <c>nextCursor</c>, whatever their rows hold.</summary>
[Collection(nameof(RunningShop))]
public sealed class PagingTests(RunningShop shop)
{
    [Fact]
    public async Task a_list_goes_on_after_the_longest_names_of_any_script()
    {
        var family = Make.Word();
        string[] names = [.. from character in (string[])["x", "Ж", "奶", "한", "ก", "क", "א", "<", "&", "\"", "😀", "\U00020000"]
                             select string.Concat(Enumerable.Repeat(character, 200 / character.Length))];
        foreach (var name in names)
            Expect.Status(201, await shop.Admin.PostAsync(
                "/products", new { sku = Make.Sku(), name, category = "things", family, price = new { amount = 1, currency = "USD" } }));
        foreach (var sort in (string[])["name", "price", "-price", "newest", "relevance"])
        {
            var seen = new List<string>();
            string? cursor = null;
            do
            {
                var page = Expect.Status(
                    200, await shop.Api.GetAsync(
                        $"/products?family={family}&sort={sort}&limit=1{(cursor is null ? "" : $"&cursor={cursor}")}"));
                seen.AddRange(page["items"]!.AsArray().Select(i => i!["name"]!.GetValue<string>()));
                cursor = page["nextCursor"]?.GetValue<string>();
            }
            while (cursor is not null && seen.Count <= names.Length);
            Assert.Equal(names.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task every_list_takes_its_own_cursor()
    {
        var admin = await Customer.RegisterAdminAsync(shop);
        var sku = await shop.Admin.CreateProductAsync(stock: 10);
        // Each list needs a second page.
        await shop.Admin.CreateProductAsync();
        for (var i = 0; i < 2; i++)
        {
            await shop.Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta = 1, reason = "count" });
            await Failing.DeadLetterAsync(shop.Shop);
            await Failing.ErrorAsync(shop.Shop);
            await admin.Api.FillCartAsync(sku);
            Expect.Status(201, await admin.Api.OrderAsync());
        }
        await Until.TrueAsync("both orders are in the inbox", TimeSpan.FromSeconds(120), async () =>
            (await admin.Api.GetAsync("/notifications"))["items"]!.AsArray().Count > 1);
        await ExistingRules.AddAsync(shop.Admin);
        var webhook = await ExistingRules.WebhookAsync(shop.Admin);
        var followed = new List<string>();
        foreach (var route in (await Route.AllAsync(shop.Api)).Where(r => r.Parameters("query").Contains("cursor")))
        {
            var filled = ExistingRules.Fill(route.Path.Replace("{sku}", sku, StringComparison.Ordinal));
            var path = $"{filled.Replace("/webhooks/{id}", $"/webhooks/{webhook}", StringComparison.Ordinal)}?limit=1";
            if (Expect.Status(200, await admin.Api.GetAsync(path))["nextCursor"]?.GetValue<string>() is not { } cursor)
                continue;
            followed.Add(route.Path);
            Expect.Status(200, await admin.Api.GetAsync($"{path}&cursor={Uri.EscapeDataString(cursor)}"));
        }
        Assert.Superset(
            new HashSet<string>
            {
                "/products",
                "/orders",
                "/admin/orders",
                "/notifications",
                "/inventory/{sku}/ledger",
                "/admin/dead-letters",
                "/admin/event-errors",
                "/admin/audit-log",
            },
            followed.ToHashSet());
    }
}
