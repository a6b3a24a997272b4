using System.Text;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Changing products: what is left out, what is merged, and who may see what is not on sale.</summary>
[Collection(nameof(RunningShop))]
public sealed class ProductEditTests(RunningShop shop)
{
    [Fact]
    public async Task replacing_a_product_leaves_it_archived_or_on_sale_unless_it_says_so()
    {
        var sku = await AddAsync();
        Expect.Status(204, await shop.Admin.DeleteAsync($"/products/{sku}"));
        var replaced = Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", Whole(price: 500)));
        Assert.Equal(("false", 500), (replaced.Text("active"), replaced["price.amount"]!.GetValue<long>()));
        Assert.Equal(
            "false", Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", Whole(price: 500), replaced.Headers["ETag"]))
                .Text("active"));
        Expect.Problem(412, "precondition-failed", await shop.Admin.PutAsync($"/products/{sku}", Whole(price: 600), "\"1\""));

        Assert.Equal("true", Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", Whole(active: true))).Text("active"));
        Assert.Equal("true", Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", Whole(price: 700))).Text("active"));
    }

    [Fact]
    public async Task replacing_a_product_takes_away_everything_else_that_is_left_out()
    {
        var sku = await AddAsync();
        var replaced = Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", Whole()));
        Assert.Equal(
            ("", null, "{}", "[]"),
            (replaced.Text("description"), replaced["family"], replaced["attributes"]!.ToJsonString(), replaced["images"]!.ToJsonString()));
    }

    [Theory]
    [InlineData("application/merge-patch+json")]
    [InlineData("application/json")]
    public async Task a_patch_changes_what_it_names(string mediaType)
    {
        var sku = await AddAsync();
        Task<Reply> PatchAsync(string json) =>
            shop.Admin.SendAsync(HttpMethod.Patch, $"/products/{sku}", new StringContent(json, Encoding.UTF8, mediaType));
        var before = Expect.Status(200, await shop.Admin.GetAsync($"/products/{sku}"));

        var patched = Expect.Status(
            200, await PatchAsync("""{ "price": { "amount": 1500 }, "attributes": { "colour": null, "size": "L" } }"""));
        Assert.Equal("""{"amount":1500,"currency":"USD"}""", patched["price"]!.ToJsonString());
        Assert.Equal("""{"material":"wool","size":"L"}""", patched["attributes"]!.ToJsonString());
        Assert.Equal(
            (before.Text("name"), before.Text("family"), before.Text("images.0")),
            (patched.Text("name"), patched.Text("family"), patched.Text("images.0")));
        Assert.NotEqual(before.Headers["ETag"], patched.Headers["ETag"]);

        // Again, and nothing at all: no change.
        Assert.Equal(patched.Headers["ETag"], Expect.Status(
            200, await PatchAsync("""{ "price": { "amount": 1500 }, "attributes": { "colour": null, "size": "L" } }""")).Headers["ETag"]);
        Assert.Equal(patched.Headers["ETag"], Expect.Status(200, await PatchAsync("{}")).Headers["ETag"]);

        var bare = Expect.Status(
            200, await PatchAsync("""{ "description": null, "family": null, "attributes": null, "images": null, "active": false }"""));
        Assert.Equal(
            ("", null, "{}", "[]", "false"), (
                bare.Text("description"), bare["family"], bare["attributes"]!.ToJsonString(), bare["images"]!.ToJsonString(),
                bare.Text("active")));
        Assert.Equal(sku, (await shop.Admin.GetAsync($"/products/{sku}")).Text("sku"));
    }

    [Theory]
    [InlineData("""{ "name": null }""", "name")]
    [InlineData("""{ "category": null }""", "category")]
    [InlineData("""{ "price": null }""", "price")]
    [InlineData("""{ "price": { "amount": null } }""", "price.amount")]
    [InlineData("""{ "price": { "currency": null } }""", "price.currency")]
    [InlineData("""{ "active": null }""", "active")]
    [InlineData("""{ "name": "" }""", "name")]
    [InlineData("""{ "name": 5 }""", "name")]
    [InlineData("""{ "active": "no" }""", "active")]
    [InlineData("""{ "price": { "amount": -1 } }""", "price.amount")]
    [InlineData("""{ "images": ["nonsense"] }""", "images")]
    [InlineData("""{ "category": "Not A Slug" }""", "category")]
    public async Task a_patch_names_the_wrong_member_and_changes_nothing(string patch, string field)
    {
        var sku = await AddAsync();
        var before = await shop.Admin.GetAsync($"/products/{sku}");
        Expect.Invalid(field, await shop.Admin.SendAsync(HttpMethod.Patch, $"/products/{sku}", Make.Json(patch)));
        Assert.Equal(before.Body, (await shop.Admin.GetAsync($"/products/{sku}")).Body);
    }

    [Fact]
    public async Task a_patch_honours_its_precondition_and_is_for_administrators()
    {
        var sku = await AddAsync();
        var tag = (await shop.Admin.GetAsync($"/products/{sku}")).Headers["ETag"];
        object body = new { name = "Other name" };
        Expect.Problem(
            412, "precondition-failed", await shop.Admin.SendAsync(HttpMethod.Patch, $"/products/{sku}", body, ifMatch: "\"99\""));
        Expect.Status(200, await shop.Admin.SendAsync(HttpMethod.Patch, $"/products/{sku}", body, ifMatch: tag));
        Expect.Problem(
            412, "precondition-failed", await shop.Admin.SendAsync(
                HttpMethod.Patch, $"/products/{sku}", new { name = "Third" }, ifMatch: tag));
        Expect.Problem(401, "unauthenticated", await shop.Api.SendAsync(HttpMethod.Patch, $"/products/{sku}", body));
        Expect.Problem(403, "forbidden", await (await shop.Api.AsNewCustomerAsync()).SendAsync(HttpMethod.Patch, $"/products/{sku}", body));
        Expect.Problem(404, "not-found", await shop.Admin.SendAsync(HttpMethod.Patch, "/products/NO-SUCH-PRODUCT", body));
        Expect.Problem(404, "not-found", await shop.Admin.SendAsync(HttpMethod.Patch, "/products/-", body));
        Expect.Problem(
            415, "unsupported-media-type", await shop.Admin.SendAsync(
                HttpMethod.Patch, $"/products/{sku}", new StringContent("{}", Encoding.UTF8, "text/plain")));
        var log = Expect.Status(200, await shop.Admin.GetAsync($"/admin/audit-log?action=products.update&subject={sku}"));
        Assert.Single(log["items"]!.AsArray());
    }

    [Fact]
    public async Task patches_at_the_same_moment_all_take_effect()
    {
        var sku = await AddAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            var body = Make.Json($$"""{ "attributes": { "a{{i}}": "x" } }""");
            var reply = await shop.Admin.SendAsync(HttpMethod.Patch, $"/products/{sku}", body);
            return (Name: $"a{i}", Status: (int)reply.Status);
        }));
        var attributes = (await shop.Admin.GetAsync($"/products/{sku}"))["attributes"]!.AsObject();
        foreach (var (name, status) in replies)
            Assert.Equal(status == 200, attributes.ContainsKey(name));
        Assert.All(replies, r => Assert.True(r.Status is 200 or 409));
    }

    [Fact]
    public async Task nobody_but_administrators_learns_of_a_draft()
    {
        var family = Make.Word();
        var sku = await AddAsync(active: false, family: family);
        var unknown = "NO-SUCH-PRODUCT";
        var tag = Expect.Status(200, await shop.Admin.GetAsync($"/products/{sku}")).Headers["ETag"];
        var customer = await shop.Api.AsNewCustomerAsync();
        var guest = await shop.Api.AsGuestAsync();
        foreach (var api in (ApiClient[])[shop.Api, customer, guest])
        {
            Assert.Equal(
                Bare(await api.GetAsync($"/products/{unknown}"), unknown),
                Bare(Expect.Problem(404, "not-found", await api.GetAsync($"/products/{sku}")), sku));
            Expect.Problem(404, "not-found", await api.GetAsync($"/products/{sku}", tag));
            Expect.Problem(404, "not-found", await api.GetAsync($"/products/{sku.ToLowerInvariant()}", "*"));
            Assert.Equal(404, (int)(await api.SendAsync(HttpMethod.Head, $"/products/{sku}")).Status);
            Assert.Equal(
                """{"categories":[],"prices":[],"attributes":null}""",
                (await api.GetAsync($"/products?family={family}"))["facets"]!.ToJsonString());
            Assert.Empty((await api.GetAsync($"/products?q={sku}"))["items"]!.AsArray());
        }
        foreach (var api in (ApiClient[])[customer, guest])
        {
            foreach (var quantity in (int[])[1, 0])
                Assert.Equal(
                    Bare(await api.FillCartAsync(unknown, quantity), unknown),
                    Bare(Expect.Problem(404, "not-found", await api.FillCartAsync(sku, quantity)), sku));
        }

        // Stock and edits are the administrators' still, and leave it a draft.
        Expect.Status(201, await shop.Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta = 5, reason = "delivery" }));
        Expect.Status(200, await shop.Admin.SendAsync(HttpMethod.Patch, $"/products/{sku}", new { name = "Better name" }));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/products/{sku}"));
        Expect.Problem(404, "not-found", await shop.Api.GetAsync($"/products/{sku}"));

        Expect.Status(200, await shop.Admin.SendAsync(HttpMethod.Patch, $"/products/{sku}", new { active = true }));
        Assert.Equal(
            "inStock", Expect.Status(200, await shop.Api.GetAsync($"/products/{sku}"))
                .Text("availability").Replace("lowStock", "inStock", StringComparison.Ordinal));
        Expect.Status(200, await guest.FillCartAsync(sku));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/products/{sku}"));
        Assert.Equal("false", Expect.Status(200, await shop.Api.GetAsync($"/products/{sku}")).Text("active"));
        Expect.Problem(409, "conflict", await customer.FillCartAsync(sku));
    }

    [Fact]
    public async Task names_are_sorted_by_the_language_of_the_request()
    {
        var family = Make.Word();
        foreach (var name in (string[])["重", "Zebra", "安", "Äpfel", "上", "北"])
            await AddAsync(name: name, family: family);
        foreach (var (language, expected) in ((string?, string)[])[
            (null, "Äpfel Zebra"), ("de-AT, de;q=0.9", "Äpfel Zebra"), ("en", "Äpfel Zebra"), ("zh-CN", "Äpfel Zebra 安 北 上 重")])
        {
            var page = Expect.Status(200, await shop.Api.SendAsync(
                HttpMethod.Get, $"/products?family={family}&sort=name", more: language is null ? [] : [("Accept-Language", language)]));
            var names = page["items"]!.AsArray().Select(i => i!["name"]!.GetValue<string>()).ToArray();
            if (language is "zh-CN")
                Assert.Equal(expected.Split(' ')[2..], names.Where(n => n.Length == 1));
            Assert.Equal(["Äpfel", "Zebra"], names.Where(n => n.Length > 1));
            Assert.Contains("Accept-Language", page.Headers["Vary"], StringComparison.Ordinal);
        }
    }

    private static string Bare(Reply reply, string sku) =>
        $"{(int)reply.Status} {reply.Text("title")} {reply.Text("detail").Replace(sku, "…", StringComparison.Ordinal)} "
            + $"{reply.Headers.GetValueOrDefault("Cache-Control")}";

    private static Dictionary<string, object> Whole(long price = 1000, bool? active = null)
    {
        var body = new Dictionary<string, object>
        {
            ["name"] = "Thing",
            ["category"] = "test/things",
            ["price"] = new { amount = price, currency = "USD" },
        };
        if (active is { } given)
            body["active"] = given;
        return body;
    }

    private async Task<string> AddAsync(bool active = true, string? family = null, string name = "Thing")
    {
        var sku = Make.Sku();
        Expect.Status(201, await shop.Admin.PostAsync("/products", new
        {
            sku,
            name,
            description = "For tests.",
            category = "test/things",
            family = family ?? Make.Word(),
            price = new { amount = 1999, currency = "USD" },
            attributes = new { colour = "blue", material = "wool" },
            images = new[] { "https://example.com/a.jpg" },
            active,
        }));
        return sku;
    }
}
