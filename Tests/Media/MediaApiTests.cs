using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using SkiaSharp;
using SoonShop.Media;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Media;

/// <summary>Uploaded images over HTTP.</summary>
[Collection(nameof(RunningShop))]
public sealed class MediaApiTests(RunningShop shop)
{
    private const int MaxBytes = 10 * 1024 * 1024;

    [Fact]
    public async Task an_image_is_uploaded_served_listed_and_removed()
    {
        var image = Unique(600, 300);
        var created = Expect.Status(201, await shop.Admin.PostAsync("/admin/media", Picture.Content(image)));
        var id = created.Text("id");
        Assert.Equal($"/api/v1/admin/media/{id}", created.Headers["Location"]);
        Assert.Equal((600, 300, "image/png", image.Length),
            (created.Number("width"), created.Number("height"), created.Text("contentType"), created.Number("bytes")));
        Assert.Equal(["160x80", "480x240", "600x300"], created["images"]!.AsArray().Select(i => $"{i!["width"]}x{i["height"]}"));
        var again = Expect.Status(200, await shop.Admin.PostAsync("/admin/media", Picture.Content(image)));
        Assert.Equal(created.Body, again.Body);
        Assert.Equal(created.Body, Expect.Status(200, await shop.Admin.GetAsync($"/admin/media/{id}")).Body);
        Assert.Contains(id, Expect.Status(200, await shop.Admin.GetAsync("/admin/media?limit=100")).Body, StringComparison.Ordinal);

        var url = created.Text("images.1.url");
        using var file = await GetFileAsync(HttpMethod.Get, url);
        var content = await file.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        using (var bitmap = SKBitmap.Decode(content))
            Assert.Equal((480, 240), (bitmap.Width, bitmap.Height));
        Assert.Equal((200, "image/webp", content.Length),
            ((int)file.StatusCode, $"{file.Content.Headers.ContentType}", file.Content.Headers.ContentLength));
        Assert.Equal("public, max-age=31536000, immutable", Header(file, "Cache-Control"));
        Assert.Equal(("nosniff", "cross-origin"), (Header(file, "X-Content-Type-Options"), Header(file, "Cross-Origin-Resource-Policy")));
        var tag = Header(file, "ETag");
        Assert.Matches("^\"[^\"]+\"$", tag);
        using var head = await GetFileAsync(HttpMethod.Head, url);
        Assert.Equal((200, content.Length, tag), ((int)head.StatusCode, head.Content.Headers.ContentLength, Header(head, "ETag")));
        foreach (var known in (string[])[tag, $"\"other\", W/{tag}"])
        {
            using var unchanged = await GetFileAsync(HttpMethod.Get, url, known);
            var rest = await unchanged.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal((304, tag, ""), ((int)unchanged.StatusCode, Header(unchanged, "ETag"), rest));
        }
        using var changed = await GetFileAsync(HttpMethod.Get, url, "\"other\"");
        Assert.Equal(200, (int)changed.StatusCode);

        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/media/{id}"));
        Expect.Problem(404, "not-found", await shop.Admin.DeleteAsync($"/admin/media/{id}"));
        Expect.Problem(404, "not-found", await shop.Admin.GetAsync($"/admin/media/{id}"));
        Expect.Problem(404, "not-found", await shop.Api.GetAsync($"/{url}"));
        Expect.Status(201, await shop.Admin.PostAsync("/admin/media", Picture.Content(image)));
        var log = Expect.Status(200, await shop.Admin.GetAsync($"/admin/audit-log?subject={id}"))["items"]!.AsArray();
        Assert.Equal(["media.create", "media.remove", "media.create"], log.Select(e => e!["action"]!.GetValue<string>()));
    }

    [Fact]
    public async Task other_files_are_not_found()
    {
        var id = (await UploadAsync(200, 200)).Text("id");
        Expect.Status(200, await shop.Api.GetAsync($"//media/{id}/200.webp"));
        foreach (var path in (string[])[$"{id}/201.webp", $"{id}/200.png", $"{id}/200", $"{id}/0200.webp", $"{id}/..%2f200.webp",
            "..%2f..%2fetc/passwd", $"{id[..^3]}201/160.webp", "x/160.webp", $"%2e%2e/{id}-200.webp"])
            Expect.Problem(404, "not-found", await shop.Api.GetAsync($"//media/{path}"));
        Expect.Invalid("x", await shop.Api.GetAsync($"//media/{id}/200.webp?x=1"));
    }

    [Fact]
    public async Task what_is_no_image_is_refused()
    {
        var png = Picture.Png(20, 20);
        Expect.Invalid("body", await shop.Admin.PostAsync("/admin/media", Picture.Content(png, "image/jpeg")));
        Expect.Invalid("body", await shop.Admin.PostAsync("/admin/media", Picture.Content(png[..^30])));
        Expect.Invalid("body", await shop.Admin.PostAsync("/admin/media", Picture.Content([])));
        Expect.Invalid("body", await shop.Admin.PostAsync("/admin/media", Picture.Content(Picture.PngBomb(30_000, 30_000))));
        foreach (var content in (HttpContent[])
            [Picture.Content(png, "image/gif"), Picture.Content(png, "text/csv"), Make.Json("{}"), Untyped(png), Packed(png)])
            Expect.Problem(415, "unsupported-media-type", await shop.Admin.PostAsync("/admin/media", content));
        Expect.Problem(413, "payload-too-large", await shop.Admin.PostAsync("/admin/media", Picture.Content(new byte[MaxBytes + 1])));
        Expect.Problem(413, "payload-too-large", await shop.Admin.PostAsync("/admin/media", Chunked(new byte[MaxBytes + 1])));
        Expect.Invalid("body", await shop.Admin.PostAsync("/admin/media", Picture.Content(new byte[MaxBytes])));
        Expect.Status(201, await shop.Admin.PostAsync("/admin/media", Chunked(Unique(30, 30))));
    }

    [Fact]
    public async Task a_key_belongs_to_one_image()
    {
        var (one, other, key) = (Unique(50, 50), Unique(50, 50), Guid.NewGuid().ToString());
        var first = Expect.Status(201, await shop.Admin.PostAsync("/admin/media", Picture.Content(one), key));
        var again = Expect.Status(201, await shop.Admin.PostAsync("/admin/media", Picture.Content(one), key));
        Assert.Equal((first.Body, true), (again.Body, again.Replayed));
        // Of the same length, so that only the content differs.
        var same = (byte[])one.Clone();
        same[^1] ^= 1;
        Expect.Problem(422, "idempotency-key-reused", await shop.Admin.PostAsync("/admin/media", Picture.Content(same), key));
        Expect.Problem(422, "idempotency-key-reused", await shop.Admin.PostAsync("/admin/media", Picture.Content(other), key));
    }

    [Fact]
    public async Task a_product_shows_uploaded_images_in_their_order()
    {
        var (first, second) = ((await UploadAsync(700, 350)).Text("id"), (await UploadAsync(100, 100)).Text("id"));
        var sku = Make.Sku();
        const string Outside = "https://images.example/cup.png";
        var created = Expect.Status(201, await shop.Admin.PostAsync("/products", Product(sku, new
        {
            media = new object[] { new { mediaId = second, alt = "From above" }, new { url = Outside }, new { mediaId = first } },
        })));
        string[] urls = [$"/media/{second}/100.webp", Outside, $"/media/{first}/700.webp"];
        Assert.Equal(urls, Strings(created["images"]));
        Assert.Equal(urls, created["media"]!.AsArray().Select(m => m!["url"]!.GetValue<string>()));
        Assert.Equal((second, "From above", 100),
            (created.Text("media.0.mediaId"), created.Text("media.0.alt"), created.Number("media.0.sources.0.width")));
        Assert.Equal("[]", created["media.1.sources"]!.ToJsonString());
        Assert.Equal(["160 80", "480 240", "700 350"], created["media.2.sources"]!.AsArray().Select(s => $"{s!["width"]} {s["height"]}"));
        Expect.Status(200, await shop.Api.GetAsync($"/{created.Text("media.2.sources.1.url")}"));

        // A product that was read can be sent back, and searches show the same.
        var read = Expect.Status(200, await shop.Admin.GetAsync($"/products/{sku}"));
        Assert.Equal(created["media"]!.ToJsonString(), read["media"]!.ToJsonString());
        var back = Without(read, "sku", "availability");
        Assert.Equal(read.Headers["ETag"], Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", back)).Headers["ETag"]);
        var found = Expect.Status(200, await shop.Api.GetAsync($"/products?q={sku}"));
        Assert.Equal(created["media"]!.ToJsonString(), found["items.0.media"]!.ToJsonString());

        // Who knows only URLs changes only those, and what is shown stays.
        back["images"] = new JsonArray(urls[2], urls[0]);
        var changed = Expect.Status(200, await shop.Admin.PutAsync($"/products/{sku}", back));
        Assert.Equal([urls[2], urls[0]], Strings(changed["images"]));
        Assert.Equal("From above", changed.Text("media.1.alt"));
        // Both changed in different ways: nobody can tell what is meant.
        back = Without(Expect.Status(200, await shop.Admin.GetAsync($"/products/{sku}")), "sku", "availability");
        (back["images"], back["media"]) = (new JsonArray(Outside), new JsonArray(new JsonObject { ["mediaId"] = first }));
        Expect.Invalid("media", await shop.Admin.PutAsync($"/products/{sku}", back));
        var patched = Expect.Status(200, await shop.Admin.PatchAsync(
            $"/products/{sku}", new { media = new[] { new { mediaId = second, alt = "A cup" } } }));
        Assert.Equal((urls[0], "A cup"), (Assert.Single(Strings(patched["images"])), patched.Text("media.0.alt")));
        var renamed = Expect.Status(200, await shop.Admin.PatchAsync($"/products/{sku}", new { name = "A cup" }));
        Assert.Equal("A cup", renamed.Text("media.0.alt"));
        var without = Expect.Status(200, await shop.Admin.PatchAsync($"/products/{sku}", new { images = (string[]?)null }));
        Assert.Empty(Strings(without["images"]));
    }

    [Fact]
    public async Task an_image_that_does_not_exist_is_refused()
    {
        var id = (await UploadAsync(100, 100)).Text("id");
        var unknown = string.Concat(id[0], new string('a', 32), id[33..]);
        Assert.True(MediaId.TryParse(unknown, out _));
        async Task<Reply> CreateAsync(object more) => await shop.Admin.PostAsync("/products", Product(Make.Sku(), more));
        Expect.Invalid("images", await CreateAsync(new { media = new[] { new { mediaId = unknown } } }));
        Expect.Invalid("images", await CreateAsync(new { images = new[] { $"/media/{unknown}/100.webp" } }));
        Expect.Invalid("images", await CreateAsync(new { images = new[] { $"/media/{id}/99.webp" } }));
        Expect.Invalid("media[0].mediaId", await CreateAsync(new { media = new[] { new { mediaId = "x" } } }));
        Expect.Invalid("media[0].mediaId", await CreateAsync(
            new { media = new[] { new { mediaId = id, url = "https://images.example/a.png" } } }));
        Expect.Invalid("media[0].url", await CreateAsync(new { media = new[] { new { alt = "x" } } }));
        Expect.Invalid("media", await CreateAsync(new { media = new[] { new { mediaId = id, alt = new string('x', 1001) } } }));
        Expect.Invalid("media", await shop.Admin.PostAsync("/admin/product-groups", new
        {
            id = Make.Word(),
            name = "A group",
            media = new[] { new { mediaId = unknown } },
        }));
    }

    [Fact]
    public async Task an_image_that_is_used_is_not_removed()
    {
        var (ofProduct, ofGroup) = ((await UploadAsync(100, 100)).Text("id"), (await UploadAsync(100, 100)).Text("id"));
        var (sku, group) = (Make.Sku(), Make.Word());
        Expect.Status(201, await shop.Admin.PostAsync("/products", Product(sku, new { media = new[] { new { mediaId = ofProduct } } })));
        var entered = Expect.Status(201, await shop.Admin.PostAsync("/admin/product-groups", new
        {
            id = group,
            name = "A group",
            media = new[] { new { mediaId = ofGroup, alt = "All of them" } },
        }));
        Assert.Equal((ofGroup, "All of them"), (entered.Text("content.media.0.mediaId"), entered.Text("content.media.0.alt")));
        await AgeAsync(ofProduct, ofGroup);
        Expect.Problem(409, "conflict", await shop.Admin.DeleteAsync($"/admin/media/{ofProduct}"));
        Expect.Problem(409, "conflict", await shop.Admin.DeleteAsync($"/admin/media/{ofGroup}"));

        Expect.Status(200, await shop.Admin.PatchAsync($"/products/{sku}", new { images = Array.Empty<string>() }));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/product-groups/{group}"));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/media/{ofProduct}"));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/media/{ofGroup}"));
        Expect.Invalid("images", await shop.Admin.PatchAsync($"/products/{sku}", new { media = new[] { new { mediaId = ofProduct } } }));

        // A product that is just about to get an image holds it for a minute, although it is not written yet.
        var young = (await UploadAsync(100, 100)).Text("id");
        Expect.Status(200, await shop.Admin.PatchAsync($"/products/{sku}", new { media = new[] { new { mediaId = young } } }));
        Expect.Status(200, await shop.Admin.PatchAsync($"/products/{sku}", new { media = Array.Empty<object>() }));
        Expect.Problem(409, "conflict", await shop.Admin.DeleteAsync($"/admin/media/{young}"));
    }

    [Fact]
    public async Task pages_follow_each_other()
    {
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
            ids.Add((await UploadAsync(20, 20)).Text("id"));
        var first = Expect.Status(200, await shop.Admin.GetAsync("/admin/media?limit=2"));
        var second = Expect.Status(200, await shop.Admin.GetAsync($"/admin/media?limit=1&cursor={first.Text("nextCursor")}"));
        string[] listed = [first.Text("items.0.id"), first.Text("items.1.id"), second.Text("items.0.id")];
        Assert.Equal(3, listed.Distinct().Count());
        Expect.Invalid("cursor", await shop.Admin.GetAsync("/admin/media?cursor=x"));
    }

    private async Task<Reply> UploadAsync(int width, int height) =>
        Expect.Status(201, await shop.Admin.PostAsync("/admin/media", Picture.Content(Unique(width, height))));

    /// <summary>As if the last product had got the images some minutes ago.</summary>
    private async Task AgeAsync(params string[] ids)
    {
        await using var command = shop.Shop.Database.CreateCommand(
            "update media set used_at = used_at - interval '5 minutes' where id = any($1)");
        command.Parameters.Add(new() { Value = ids });
        Assert.Equal(ids.Length, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }

    private async Task<HttpResponseMessage> GetFileAsync(HttpMethod method, string url, string? ifNoneMatch = null)
    {
        using var request = new HttpRequestMessage(method, url);
        if (ifNoneMatch is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        return await shop.Api.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>A PNG that no other test has.</summary>
    private static byte[] Unique(int width, int height) => Picture.PngWithText(width, height, Guid.NewGuid().ToString(), "");

    private static JsonObject Product(string sku, object more)
    {
        var body = System.Text.Json.JsonSerializer.SerializeToNode(more)!.AsObject();
        body["sku"] = sku;
        body["name"] = $"Product {sku}";
        body["category"] = "test/things";
        body["price"] = new JsonObject { ["amount"] = 100, ["currency"] = "USD" };
        return body;
    }

    private static JsonObject Without(Reply reply, params string[] members)
    {
        var body = reply.Json!.DeepClone().AsObject();
        foreach (var member in members)
            body.Remove(member);
        return body;
    }

    private static string[] Strings(JsonNode? list) => [.. list!.AsArray().Select(i => i!.GetValue<string>())];

    private static string Header(HttpResponseMessage response, string name) => string.Join(", ", response.Headers.GetValues(name));

    private static ByteArrayContent Untyped(byte[] image) => new(image);

    private static ByteArrayContent Packed(byte[] image)
    {
        var content = Picture.Content(image);
        content.Headers.ContentEncoding.Add("gzip");
        return content;
    }

    private static StreamContent Chunked(byte[] image)
    {
        var content = new StreamContent(new UnknownLength(image));
        content.Headers.ContentType = new MediaTypeHeaderValue(Picture.PngType);
        return content;
    }

    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
