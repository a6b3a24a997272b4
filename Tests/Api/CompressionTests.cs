using System.IO.Compression;
using System.Net;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Which responses are compressed, and that nothing else about them changes.</summary>
[Collection(nameof(RunningShop))]
public sealed class CompressionTests(RunningShop shop)
{
    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task large_public_responses_are_compressed_and_say_the_same(string encoding)
    {
        var category = $"c-{Make.Word().ToLowerInvariant()}";
        var sku = await AddAsync(category);
        await AddAsync(category);
        foreach (var path in (string[])[$"/api/v1/products?category={category}", $"/api/v1/products/{sku}", "/openapi/v1.json"])
        {
            using var plain = await GetAsync(path, null);
            using var compressed = await GetAsync(path, encoding);
            Assert.Equal([encoding], compressed.Content.Headers.ContentEncoding);
            Assert.Contains("Accept-Encoding", compressed.Headers.Vary);
            Assert.Empty(plain.Content.Headers.ContentEncoding);
            Assert.Equal(plain.Headers.ETag, compressed.Headers.ETag);
            var body = await compressed.Content.ReadAsByteArrayAsync(Cancellation);
            var whole = await plain.Content.ReadAsByteArrayAsync(Cancellation);
            Assert.True(body.Length < whole.Length / 3, $"{path}: {body.Length} of {whole.Length} bytes");
            await using var unpacked = Unpack(new MemoryStream(body), encoding);
            using var read = new MemoryStream();
            await unpacked.CopyToAsync(read, Cancellation);
            Assert.Equal(whole, read.ToArray());
            if (compressed.Headers.ETag is not { } etag)
                continue;
            using var again = await GetAsync(path, encoding, etag.ToString());
            Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        }
    }

    [Theory]
    [InlineData("/api/v1/cart")]
    [InlineData("/health/live")]
    [InlineData("/api/v1/search/suggestions?q=mug")]
    public async Task small_responses_are_sent_as_they_are(string path)
    {
        using var response = await GetAsync(path, "br, gzip");
        Assert.Empty(response.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task a_product_that_is_small_is_sent_as_it_is()
    {
        var sku = await shop.Admin.CreateProductAsync();
        using var response = await GetAsync($"/api/v1/products/{sku}", "br");
        Assert.InRange(response.Content.Headers.ContentLength!.Value, 1, 1023);
        Assert.Empty(response.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task an_encoding_that_is_not_known_is_not_used()
    {
        using var response = await GetAsync("/api/v1/products?limit=100", "zstd, identity");
        Assert.Empty(response.Content.Headers.ContentEncoding);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private async Task<string> AddAsync(string category)
    {
        var sku = Make.Sku();
        var description = string.Concat(Enumerable.Repeat("A lamp for reading in bed, with a shade of linen. ", 40));
        Expect.Status(201, await shop.Admin.PostAsync(
            "/products", new { sku, name = "Lamp", description, category, price = new { amount = 1000, currency = "USD" } }));
        return sku;
    }

    private static Stream Unpack(Stream body, string encoding) => encoding == "br"
        ? new BrotliStream(body, CompressionMode.Decompress)
        : new GZipStream(body, CompressionMode.Decompress);

    private async Task<HttpResponseMessage> GetAsync(string path, string? encoding, string? etag = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shop.Api.Http.BaseAddress!, path));
        if (encoding is not null)
            request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
        if (etag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", etag);
        using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });
        return await http.SendAsync(request, Cancellation);
    }
}
