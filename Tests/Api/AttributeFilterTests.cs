using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(RunningShop))]
public sealed class AttributeFilterTests(RunningShop shop)
{
    [Fact]
    public async Task products_are_filtered_and_counted_by_attribute()
    {
        var family = $"f-{Guid.NewGuid():N}";
        var blue = await AddAsync(family, new() { ["colour"] = "blue", ["Size & fit"] = "L/XL" });
        var red = await AddAsync(family, new() { ["colour"] = "red", ["Size & fit"] = "S" });
        var green = await AddAsync(family, new() { ["colour"] = "green" });

        Assert.Equal([blue], await FindAsync($"family={family}&attr.colour=blue"));
        Assert.Equal(Sorted(blue, red), await FindAsync($"family={family}&attr.colour=blue&attr.colour=red"));
        Assert.Equal([blue], await FindAsync($"family={family}&attr.colour=blue&attr.colour=red&attr.Size%20%26%20fit=L%2FXL"));
        Assert.Empty(await FindAsync($"family={family}&attr.colour=Blue"));
        Assert.Empty(await FindAsync($"family={family}&attr.Colour=blue"));
        Assert.Equal(Sorted(blue, red, green), await FindAsync($"family={family}"));

        var counted = Expect.Status(200, await shop.Api.GetAsync($"/products?family={family}&attr.colour=blue&attributeFacets=true")).Json!;
        Assert.Equal(
            """[{"name":"colour","values":[{"value":"blue","count":1},{"value":"green","count":1},{"value":"red","count":1}]},"""
                + """{"name":"Size & fit","values":[{"value":"L/XL","count":1}]}]""",
            counted["facets"]!["attributes"]!.ToJsonString(
                new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Null(Expect.Status(200, await shop.Api.GetAsync($"/products?family={family}")).Json!["facets"]!["attributes"]);
    }

    [Theory]
    [InlineData("attr.=blue", "attr.")]
    [InlineData("attr=blue", "attr")]
    [InlineData("ATTR.colour=blue", "ATTR.colour")]
    [InlineData("attr.colour=%01", "attr.colour")]
    public async Task other_parameters_stay_refused(string query, string field) =>
        Expect.Invalid(field, await shop.Api.GetAsync($"/products?{query}"));

    [Fact]
    public async Task filters_have_limits()
    {
        Expect.Invalid("attr.colour", await shop.Api.GetAsync($"/products?attr.colour={new string('x', 501)}"));
        Expect.Invalid($"attr.{new string('n', 51)}", await shop.Api.GetAsync($"/products?attr.{new string('n', 51)}=x"));
        var twenty = string.Join('&', Enumerable.Range(0, 20).Select(i => $"attr.colour=c{i}"));
        Expect.Status(200, await shop.Api.GetAsync($"/products?{twenty}"));
        Expect.Invalid("attr.size", await shop.Api.GetAsync($"/products?{twenty}&attr.size=L"));
        // Other routes know no such parameter.
        Expect.Invalid("attr.colour", await shop.Api.GetAsync("/products/NONE?attr.colour=blue"));
    }

    private async Task<string> AddAsync(string family, Dictionary<string, string> attributes)
    {
        var sku = Make.Sku();
        var body = new { sku, name = "Scarf", category = "clothes", family, price = new { amount = 1, currency = "USD" }, attributes };
        Expect.Status(201, await shop.Admin.PostAsync("/products", body));
        return sku;
    }

    private async Task<string[]> FindAsync(string query) =>
        Sorted([.. Expect.Status(200, await shop.Api.GetAsync($"/products?{query}")).Json!["items"]!.AsArray().Select(p =>
            p!["sku"]!.GetValue<string>())]);

    private static string[] Sorted(params string[] skus) => [.. skus.Order(StringComparer.Ordinal)];
}
