using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Products with variants.</summary>
[Collection(nameof(RunningShop))]
public sealed class ProductGroupTests(RunningShop shop)
{
    [Fact]
    public async Task a_product_with_variants_is_entered_shown_and_removed()
    {
        var id = $"mug-{Guid.NewGuid():N}"[..20];
        var (large, small) = ($"{id}-l".ToUpperInvariant(), $"{id}-s".ToUpperInvariant());
        await AddAsync(large, id, "L", position: 1);
        await AddAsync(small, id, "S", position: 0);
        var draft = $"{id}-x".ToUpperInvariant();
        await AddAsync(draft, id, "XL", position: 2, active: false);

        var derived = Expect.Status(200, await shop.Api.GetAsync($"/product-groups/{id}"));
        Assert.Equal(("Enamel mug", small, large), (derived.Text("name"), derived.Text("variants.0.sku"), derived.Text("variants.1.sku")));
        Assert.Equal("""[{"name":"Size","values":["S","L"]}]""", derived["options"]!.ToJsonString());
        Assert.Equal(2, derived["variants"]!.AsArray().Count);

        var body = new
        {
            name = "Mug of enamel",
            descriptionHtml = "<p>Holds half a litre.</p>",
            brand = "Fennmarsh",
            tags = new[] { "camping" },
            options = new[] { "Size" },
            media = new[] { new { url = "https://img.example/mug.png", alt = "A mug" } },
            seoDescription = "Mugs.",
            translations = new
            {
                zh = new { name = "搪瓷杯" },
                de = new { name = "Emailtasse", descriptionHtml = "<p>Ein halber Liter.</p>" },
            },
        };
        var put = Expect.Status(200, await shop.Admin.PutAsync($"/admin/product-groups/{id}", body));
        Assert.Equal(("\"1\"", true, 3), (put.Headers["ETag"], put["stored"]!.GetValue<bool>(), put["variants"]!.AsArray().Count));
        Assert.Equal("\"1\"", Expect.Status(200, await shop.Admin.PutAsync($"/admin/product-groups/{id}", body)).Headers["ETag"]);
        Expect.Problem(412, "precondition-failed", await shop.Admin.PutAsync($"/admin/product-groups/{id}", body, "\"0\""));
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync("/admin/product-groups", new { id, name = "Another" }));
        Assert.Contains($"\"{id}\"", await ListedAsync(), StringComparison.Ordinal);

        Assert.Equal(("Mug of enamel", "Mugs."), await ShownAsync("fr"));
        Assert.Equal(("搪瓷杯", "Mugs."), await ShownAsync("zh-CN"));
        Assert.Equal(("Emailtasse", "Mugs."), await ShownAsync("fr, de-AT;q=0.9, zh;q=0.1"));
        Assert.Equal(("Mug of enamel", "Mugs."), await ShownAsync("*, de;q=0.5"));

        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/product-groups/{id}"));
        Expect.Problem(404, "not-found", await shop.Admin.DeleteAsync($"/admin/product-groups/{id}"));
        Assert.Equal("Enamel mug", (await shop.Api.GetAsync($"/product-groups/{id}")).Text("name"));
        Assert.DoesNotContain($"\"{id}\"", await ListedAsync(), StringComparison.Ordinal);
        var log = Expect.Status(200, await shop.Admin.GetAsync($"/admin/audit-log?subject={id}"));
        Assert.Equal(
            ["product-groups.remove", "product-groups.update"], log["items"]!.AsArray().Select(e => e!["action"]!.GetValue<string>()));

        async Task<(string, string)> ShownAsync(string languages)
        {
            var shown = Expect.Status(
                200, await shop.Api.SendAsync(HttpMethod.Get, $"/product-groups/{id}", more: ("Accept-Language", languages)));
            return (shown.Text("name"), shown.Text("seoDescription"));
        }

        async Task<string> ListedAsync()
        {
            var (listed, cursor) = ("", (string?)null);
            do
            {
                var page = Expect.Status(
                    200, await shop.Admin.GetAsync($"/admin/product-groups?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}"));
                (listed, cursor) = (listed + page["items"]!.ToJsonString(), page["nextCursor"]?.GetValue<string>());
            }
            while (cursor is not null);
            return listed;
        }
    }

    [Fact]
    public async Task a_group_is_created_before_its_variants()
    {
        var id = $"mug-{Guid.NewGuid():N}"[..20];
        Expect.Problem(404, "not-found", await shop.Admin.PutAsync($"/admin/product-groups/{id}", new { name = "Mug" }));
        var created = Expect.Status(201, await shop.Admin.PostAsync("/admin/product-groups", new { id, name = "Mug" }));
        Assert.EndsWith($"/admin/product-groups/{id}", created.Headers["Location"], StringComparison.Ordinal);
        Expect.Problem(404, "not-found", await shop.Api.GetAsync($"/product-groups/{id}"));
        await AddAsync($"{id}-l".ToUpperInvariant(), id, "L", 0);
        Assert.Equal("Mug", Expect.Status(200, await shop.Api.GetAsync($"/product-groups/{id}")).Text("name"));
        Expect.Invalid("id", await shop.Admin.PostAsync("/admin/product-groups", new { id = "No slug", name = "Mug" }));
    }

    [Fact]
    public async Task a_product_without_a_family_is_a_group_of_one_variant()
    {
        var sku = await shop.Admin.CreateProductAsync();
        var group = Expect.Status(200, await shop.Api.GetAsync($"/product-groups/{sku.ToLowerInvariant()}"));
        Assert.Equal((sku.ToLowerInvariant(), sku), (group.Text("id"), group.Text("variants.0.sku")));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/products/{sku}"));
        Expect.Problem(404, "not-found", await shop.Api.GetAsync($"/product-groups/{sku.ToLowerInvariant()}"));
        Expect.Status(200, await shop.Admin.GetAsync($"/admin/product-groups/{sku.ToLowerInvariant()}"));
        Expect.Problem(404, "not-found", await shop.Api.GetAsync("/product-groups/no-such-group"));
        Expect.Problem(404, "not-found", await shop.Api.GetAsync("/product-groups/No%20slug"));
    }

    [Fact]
    public async Task barcode_cost_and_options_belong_to_the_variant_and_the_cost_is_no_buyers_business()
    {
        var sku = await shop.Admin.CreateProductAsync(sku: Make.Sku());
        var patch = Make.Json("""
            { "barcode": "4006381333931", "cost": { "amount": 120, "currency": "USD" },
              "options": [{ "name": "Size", "value": "L" }], "position": 7 }
            """);
        var shown = Expect.Status(200, await shop.Admin.SendAsync(HttpMethod.Patch, $"/products/{sku}", patch));
        Assert.Equal(("4006381333931", "L", 7), (shown.Text("barcode"), shown.Text("options.0.value"), shown.Number("position")));
        Assert.DoesNotContain("cost", shown.Body, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("120", (await shop.Api.GetAsync($"/products/{sku}")).Body, StringComparison.Ordinal);
        Assert.Equal(120, Expect.Status(200, await shop.Admin.GetAsync($"/products/{sku}/prices")).Number("cost.amount"));
        foreach (var (field, wrong) in ((string, string)[])[
            ("cost.currency", """{ "cost": { "amount": 1, "currency": "EUR" } }"""), ("barcode", """{ "barcode": "" }"""),
            ("options", """{ "options": [{ "name": "Size", "value": "L" }, { "name": "size", "value": "M" }] }"""),
            ("position", """{ "position": -1 }""")])
            Expect.Invalid(field, await shop.Admin.SendAsync(HttpMethod.Patch, $"/products/{sku}", Make.Json(wrong)));
        Expect.Status(
            200, await shop.Admin.SendAsync(
                HttpMethod.Patch, $"/products/{sku}", Make.Json("""{ "cost": null, "barcode": null, "options": [] }""")));
        Assert.Null((await shop.Admin.GetAsync($"/products/{sku}/prices"))["cost"]);
    }

    private async Task AddAsync(string sku, string family, string size, int position, bool active = true) =>
        Expect.Status(201, await shop.Admin.PostAsync("/products", new
        {
            sku,
            name = $"Enamel mug, {size}",
            category = "mugs",
            family,
            price = new { amount = 1000, currency = "USD" },
            options = new[] { new { name = "Size", value = size } },
            position,
            active,
        }));
}
