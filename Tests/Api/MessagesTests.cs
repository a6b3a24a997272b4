using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(SecondRunningShop))]
public sealed class MessagesTests(RunningShop shop)
{
    [Fact]
    public async Task a_product_is_created_read_replaced_and_archived()
    {
        var sku = Make.Sku();
        var created = Expect.Status(201, await shop.Admin.PostAsync("/products", Product(sku.ToLowerInvariant())));
        Assert.Equal((sku, $"/api/v1/products/{sku}"), (created.Text("sku"), created.Headers["Location"]));

        var read = Expect.Status(200, await shop.Api.GetAsync($"/products/{sku.ToLowerInvariant()}"));
        Assert.Equal((created.Body, created.Headers["ETag"]), (read.Body, read.Headers["ETag"]));
        Assert.Equal("""{"amount":1999,"currency":"USD"}""", read["price"]!.ToJsonString());
        Assert.Equal(
            ("blue", "https://example.com/a.jpg", "outOfStock"),
            (read.Text("attributes.colour"), read.Text("images.0"), read.Text("availability")));

        var replaced = Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", Content("Another name"), read.Headers["ETag"]));
        Assert.Equal("Another name", replaced.Text("name"));
        Assert.NotEqual(read.Headers["ETag"], replaced.Headers["ETag"]);
        Expect.Problem(
            412, "precondition-failed", await shop.Admin.PutAsync($"/products/{sku}", Content("Too late"), read.Headers["ETag"]));
        Expect.Problem(412, "precondition-failed", await shop.Admin.DeleteAsync($"/products/{sku}", read.Headers["ETag"]));
        Assert.Equal("Another name", (await shop.Api.GetAsync($"/products/{sku}")).Text("name"));
        Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", Content("Whatever was there")));
        Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", Content("Whatever was there"), "*"));

        Expect.Status(204, await shop.Admin.DeleteAsync($"/products/{sku}", (await shop.Api.GetAsync($"/products/{sku}")).Headers["ETag"]));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/products/{sku}"));
        Assert.False(Expect.Status(200, await shop.Api.GetAsync($"/products/{sku}"))["active"]!.GetValue<bool>());
    }

    [Fact]
    public async Task a_sku_is_taken_once()
    {
        var sku = Make.Sku();
        Expect.Status(201, await shop.Admin.PostAsync("/products", Product(sku)));
        Expect.Status(201, await shop.Admin.PostAsync("/products", Product(sku)));
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync("/products", Product(sku, "Something else")));
    }

    [Fact]
    public async Task an_unknown_product_is_not_found()
    {
        foreach (var sku in (string[])["NO-SUCH-PRODUCT", "-", "%20", new string('X', 65)])
        {
            Expect.Problem(404, "not-found", await shop.Api.GetAsync($"/products/{sku}"));
            Expect.Problem(404, "not-found", await shop.Admin.PutAsync($"/products/{sku}", Content()));
            Expect.Problem(404, "not-found", await shop.Admin.DeleteAsync($"/products/{sku}"));
        }
    }

    [Fact]
    public async Task the_catalogue_is_written_by_administrators_only()
    {
        var sku = await shop.Admin.CreateProductAsync();
        var customer = await shop.Api.AsNewCustomerAsync();
        Expect.Problem(403, "forbidden", await customer.PostAsync("/products", Product(Make.Sku())));
        Expect.Problem(403, "forbidden", await customer.PutAsync($"/products/{sku}", Content()));
        Expect.Problem(403, "forbidden", await customer.DeleteAsync($"/products/{sku}"));
        Expect.Problem(401, "unauthenticated", await shop.Api.PostAsync("/products", Product(Make.Sku())));
        Expect.Problem(401, "unauthenticated", await shop.Api.DeleteAsync($"/products/{sku}"));
    }

    public static TheoryData<string, string, string?> WrongFields => new()
    {
        { "sku", "sku", null },
        { "sku", "sku", "\"\"" },
        { "sku", "sku", "\"-starts-wrong\"" },
        { "sku", "sku", "\"with space\"" },
        { "sku", "sku", $"\"{new string('x', 65)}\"" },
        { "name", "name", null },
        { "name", "name", "\"  \"" },
        { "name", "name", $"\"{new string('x', 201)}\"" },
        { "name", "name", "\"a\\u0007b\"" },
        { "description", "description", $"\"{new string('x', 5001)}\"" },
        { "description", "description", "\"a\\u0000b\"" },
        { "category", "category", null },
        { "category", "category", "\"Not A Slug\"" },
        { "category", "category", "\"a/b/c/d/e\"" },
        { "category", "category", "\"a//b\"" },
        { "category", "category", "\"a/b\\n\"" },
        { "family", "family", "\"Not A Slug\"" },
        { "family", "family", "\"slug\\n\"" },
        { "price", "price", null },
        { "price", "price.amount", """{ "amount": -1, "currency": "USD" }""" },
        { "price", "price.amount", """{ "amount": 1000000001, "currency": "USD" }""" },
        { "price", "price.currency", """{ "amount": 1, "currency": "EUR" }""" },
        { "price", "price.currency", """{ "amount": 1 }""" },
        { "attributes", "attributes", $$"""{ {{string.Join(',', Enumerable.Range(0, 51).Select(i => $"\"a{i}\": \"x\""))}} }""" },
        { "attributes", "attributes", """{ "": "x" }""" },
        { "attributes", "attributes", """{ "colour": null }""" },
        { "attributes", "attributes", """{ "colour": "a\u0000b" }""" },
        { "attributes", "attributes", $$"""{ "colour": "{{new string('x', 501)}}" }""" },
        { "images", "images", """["not a url"]""" },
        { "images", "images", """["javascript:alert(1)"]""" },
        { "images", "images", """["file:///etc/passwd"]""" },
        { "images", "images", """[null]""" },
        { "images", "images", $"[{string.Join(',', Enumerable.Repeat("\"https://example.com/a.jpg\"", 21))}]" },
    };

    [Theory]
    [MemberData(nameof(WrongFields))]
    public async Task a_product_names_the_wrong_field(string member, string field, string? value)
    {
        var body = Product(Make.Sku());
        if (value is null)
            body.Remove(member);
        else
            body[member] = JsonNode.Parse(value);
        Expect.Invalid(field, await shop.Admin.PostAsync("/products", Make.Json(body.ToJsonString())));
    }

    [Theory]
    [InlineData("minPrice=-1", "minPrice")]
    [InlineData("maxPrice=1000000000000001", "maxPrice")]
    [InlineData("sort=cheapest", "sort")]
    [InlineData("inStock=perhaps", "inStock")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("cursor=nonsense", "cursor")]
    public async Task a_search_names_the_wrong_parameter(string query, string field) =>
        Expect.Invalid(field, await shop.Api.GetAsync($"/products?{query}"));

    [Fact]
    public async Task a_search_finds_words_in_any_order_and_case()
    {
        var (one, two) = (Make.Word(), Make.Word());
        var sku = await AddAsync($"The {one} of {two}");
        await AddAsync($"Only {one}");
        Assert.Equal([sku], await FindAsync($"q={two.ToUpperInvariant()}%20{one}"));
        Assert.Equal([sku], await FindAsync($"q={two}"));
        Assert.Empty(await FindAsync($"q={two}%20{Make.Word()}"));
    }

    [Theory]
    [InlineData("Running shoes", "running")]
    [InlineData("Ceramic teapots", "ceramic")]
    [InlineData("Organic buckwheat", "organic")]
    [InlineData("Travelling cases", "travelling")]
    [InlineData("Universal bodies", "universal")]
    public async Task every_beginning_of_a_word_finds_it(string name, string word)
    {
        var family = Make.Word();
        var sku = await AddAsync(name, family: family);
        for (var length = 3; length <= word.Length; length++)
            Assert.True((await FindAsync($"q={word[..length]}&family={family}")).Contains(sku), $"{word[..length]} does not find {name}");
    }

    [Fact]
    public async Task a_search_knows_plurals()
    {
        var family = Make.Word();
        var sku = await AddAsync("A blue kettle", family: family);
        Assert.Equal([sku], await FindAsync($"q=kettles&family={family}"));
    }

    [Fact]
    public async Task a_search_forgives_a_typing_error()
    {
        var word = Make.Word();
        var sku = await AddAsync($"A {word} lamp");
        Assert.Equal([sku], await FindAsync($"q={word[..5]}{word[6..]}"));
        Assert.Equal([sku], await FindAsync($"q={word[..5]}{word[6]}{word[5]}{word[7..]}"));
        Assert.Equal([sku], await FindAsync($"q={word[..11]}e"));
    }

    [Fact]
    public async Task a_search_finds_by_sku_and_attribute()
    {
        var word = Make.Word();
        var sku = Make.Sku();
        var body = Product(sku);
        body["attributes"] = new JsonObject { ["material"] = word };
        Expect.Status(201, await shop.Admin.PostAsync("/products", body));
        Assert.Equal([sku], await FindAsync($"q={word}"));
        Assert.Equal([sku], await FindAsync($"q={sku[..6]}"));
    }

    [Fact]
    public async Task a_match_in_the_name_comes_before_one_in_the_description()
    {
        var word = Make.Word();
        // Also where the description says it again and again, and whichever came first.
        var described = await AddAsync("Aaa", description: string.Join(", ", Enumerable.Repeat($"about {word}", 20)));
        var named = await AddAsync($"Zzz with {word} and much else");
        var describedLater = await AddAsync("Aaa", description: $"All about {word}");
        foreach (var query in (string[])[$"q={word}", $"q={word}&sort=relevance", $"q={word[..6]}"])
        {
            var found = await FindAsync(query);
            Assert.Equal(named, found[0]);
            Assert.Equal(((string[])[described, describedLater]).Order(), found[1..].Order());
        }
    }

    [Fact]
    public async Task odd_queries_find_nothing_and_break_nothing()
    {
        foreach (var q in (string[])[
            "?!", "'", "a & b | !c", "\"", "\\", "(", ":*", "<->", "%", "_", "😀", "the", "'; drop table event; --"])
            Expect.Status(200, await shop.Api.GetAsync($"/products?q={Uri.EscapeDataString(q)}&family={Make.Word()}"));
        Assert.Empty(await FindAsync("q=%3F%21"));
        Expect.Status(200, await shop.Api.GetAsync($"/products?q={string.Join("%20", Enumerable.Range(0, 40).Select(i => $"w{i}"))}"));
    }

    [Fact]
    public async Task a_category_holds_its_sub_categories()
    {
        var root = Make.Word();
        var family = Make.Word();
        var top = await AddAsync("One", $"{root}", family: family);
        var below = await AddAsync("Two", $"{root}/cups", family: family);
        var deep = await AddAsync("Three", $"{root}/cups/blue/small", family: family);
        var beside = await AddAsync("Four", $"{root}-cups", family: family);
        Assert.Equal([top, deep, below], await FindAsync($"category={root}&sort=name"));
        Assert.Equal([deep, below], await FindAsync($"category={root}/cups&sort=name"));
        Assert.Equal([beside], await FindAsync($"category={root}-cups"));
        Assert.Empty(await FindAsync($"category={root}/cup"));
    }

    [Fact]
    public async Task a_family_is_filtered()
    {
        var (family, word) = (Make.Word(), Make.Word());
        var member = await AddAsync(word, family: family);
        await AddAsync(word);
        Assert.Equal([member], await FindAsync($"family={family}"));
        Assert.Equal([member], await FindAsync($"q={word}&family={family}"));
    }

    [Fact]
    public async Task a_price_range_includes_its_ends()
    {
        var family = Make.Word();
        var skus = new List<string>();
        foreach (var price in (long[])[99, 100, 150, 200, 201])
            skus.Add(await AddAsync("Thing", family: family, price: price));
        Assert.Equal(skus[1..4], await FindAsync($"family={family}&minPrice=100&maxPrice=200&sort=price"));
        Assert.Equal(skus[..2], await FindAsync($"family={family}&maxPrice=100&sort=price"));
        Assert.Equal(skus[3..], await FindAsync($"family={family}&minPrice=200&sort=price"));
        Assert.Empty(await FindAsync($"family={family}&minPrice=300&maxPrice=200"));
    }

    [Fact]
    public async Task stock_is_filtered()
    {
        var family = Make.Word();
        var none = await AddAsync("A", family: family);
        var some = await AddAsync("B", family: family);
        var gone = await AddAsync("C", family: family);
        await StockAsync(some, 1);
        await StockAsync(gone, 1);
        await StockAsync(gone, -1);
        Assert.Equal([some], await FindAsync($"family={family}&inStock=true"));
        Assert.Equal([none, gone], await FindAsync($"family={family}&inStock=false"));
        Assert.Equal([none, some, gone], await FindAsync($"family={family}"));
        Assert.Equal("lowStock", (await shop.Api.GetAsync($"/products?family={family}&inStock=true")).Text("items.0.availability"));
    }

    [Fact]
    public async Task every_sort_sorts()
    {
        var family = Make.Word();
        var b = await AddAsync("b thing", family: family, price: 300);
        var c = await AddAsync("C thing", family: family, price: 100);
        var a = await AddAsync("A thing", family: family, price: 200);
        Assert.Equal([a, b, c], await FindAsync($"family={family}&sort=name"));
        Assert.Equal([c, a, b], await FindAsync($"family={family}&sort=price"));
        Assert.Equal([b, a, c], await FindAsync($"family={family}&sort=-price"));
        Assert.Equal([a, c, b], await FindAsync($"family={family}&sort=newest"));
        Assert.Equal([a, b, c], await FindAsync($"family={family}&sort=relevance"));
    }

    [Fact]
    public async Task facets_count_all_that_matches_and_leave_their_own_filter_out()
    {
        var (family, root) = (Make.Word(), Make.Word());
        foreach (var (category, price) in ((string, long)[])[("a", 999), ("a", 1000), ("a", 2499), ("b", 2500), ("b", 25_000)])
            await AddAsync("Thing", $"{root}/{category}", family: family, price: price);
        var all = await shop.Api.GetAsync($"/products?family={family}&limit=1");
        Assert.Equal(
            $$"""[{"category":"{{root}}/a","count":3},{"category":"{{root}}/b","count":2}]""", all["facets.categories"]!.ToJsonString());
        Assert.Equal(
            """[{"from":0,"to":1000,"count":1},{"from":1000,"to":2500,"count":2},"""
                + """{"from":2500,"to":5000,"count":1},{"from":25000,"to":null,"count":1}]""",
            all["facets.prices"]!.ToJsonString());
        var narrow = await shop.Api.GetAsync($"/products?family={family}&category={root}/a&maxPrice=999");
        Assert.Single(narrow["items"]!.AsArray());
        Assert.Equal($$"""[{"category":"{{root}}/a","count":1}]""", narrow["facets.categories"]!.ToJsonString());
        Assert.Equal("""[{"from":0,"to":1000,"count":1},{"from":1000,"to":2500,"count":2}]""", narrow["facets.prices"]!.ToJsonString());
    }

    [Theory]
    [InlineData("relevance")]
    [InlineData("price")]
    [InlineData("-price")]
    [InlineData("newest")]
    [InlineData("name")]
    public async Task paging_walks_everything_once(string sort)
    {
        var word = Make.Word();
        var skus = new List<string>();
        // Names and prices that are equal, and names that only differ in case.
        for (var i = 0; i < 11; i++)
            skus.Add(
                await AddAsync($"{(i % 3 == 0 ? "Same" : i % 3 == 1 ? "same" : "Other \u00e4 \"quoted\"")} {word}", price: 100 * (i % 4)));
        var all = await FindAsync($"q={word}&sort={sort}&limit=100");
        Assert.Equal(skus.Order(), all.Order());
        foreach (var limit in (int[])[1, 3, 10])
        {
            var walked = new List<string>();
            string? cursor = null;
            do
            {
                var page = Expect.Status(200, await shop.Api.GetAsync(
                    $"/products?q={word}&sort={sort}&limit={limit}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}"));
                walked.AddRange(Skus(page));
                Assert.True(Skus(page).Length == limit || page["nextCursor"] is null);
                cursor = page["nextCursor"]?.GetValue<string>();
            }
            while (cursor is not null && walked.Count <= all.Length);
            Assert.Equal(all, walked);
        }
    }

    [Fact]
    public async Task a_cursor_belongs_to_its_query()
    {
        var family = Make.Word();
        await AddAsync("One", family: family);
        await AddAsync("Two", family: family);
        var cursor = (await shop.Api.GetAsync($"/products?family={family}&limit=1")).Text("nextCursor");
        Expect.Status(200, await shop.Api.GetAsync($"/products?family={family}&limit=1&cursor={cursor}"));
        Expect.Invalid("cursor", await shop.Api.GetAsync($"/products?limit=1&cursor={cursor}"));
        Expect.Invalid("cursor", await shop.Api.GetAsync($"/products?family={family}&sort=price&cursor={cursor}"));
        Expect.Invalid("cursor", await shop.Api.GetAsync($"/products?family={family}&minPrice=1&cursor={cursor}"));
    }

    [Fact]
    public async Task an_archived_product_is_not_found_but_readable()
    {
        var family = Make.Word();
        var sku = await AddAsync("Old thing", family: family);
        await StockAsync(sku, 50);
        Expect.Status(204, await shop.Admin.DeleteAsync($"/products/{sku}"));
        Assert.Empty(await FindAsync($"family={family}"));
        var read = Expect.Status(200, await shop.Api.GetAsync($"/products/{sku}"));
        Assert.Equal(("Old thing", "outOfStock"), (read.Text("name"), read.Text("availability")));
        var body = Content("Old thing");
        body["family"] = family;
        body["active"] = true;
        Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", body));
        Assert.Equal([sku], await FindAsync($"family={family}"));
    }

    private static JsonObject Product(string sku, string name = "A thing")
    {
        var product = Content(name);
        product["sku"] = sku;
        return product;
    }

    /// <summary>What of a product can be replaced.</summary>
    private static JsonObject Content(string name = "A thing") => new()
    {
        ["name"] = name,
        ["description"] = "For tests.",
        ["category"] = "test/things",
        ["price"] = new JsonObject { ["amount"] = 1999, ["currency"] = "USD" },
        ["attributes"] = new JsonObject { ["colour"] = "blue" },
        ["images"] = new JsonArray("https://example.com/a.jpg"),
    };

    private async Task<string> AddAsync(
        string name, string category = "test/things", string? description = null, string? family = null, long price = 1000)
    {
        var sku = Make.Sku();
        Expect.Status(
            201, await shop.Admin.PostAsync(
                "/products", new { sku, name, description, category, family, price = new { amount = price, currency = "USD" } }));
        return sku;
    }

    private async Task StockAsync(string sku, int delta) =>
        Expect.Status(201, await shop.Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta, reason = "delivery" }));

    private async Task<string[]> FindAsync(string query) => Skus(Expect.Status(200, await shop.Api.GetAsync($"/products?{query}")));

    private static string[] Skus(Reply page) => [.. page["items"]!.AsArray().Select(i => i!["sku"]!.GetValue<string>())];
}
