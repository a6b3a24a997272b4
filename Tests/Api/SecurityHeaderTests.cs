using System.Text.RegularExpressions;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(EdgeShop))]
public sealed partial class SecurityHeaderTests(EdgeShop shop)
{
    [Fact]
    public async Task every_answer_is_guarded_errors_too()
    {
        var api = shop.From();
        foreach (var (status, reply) in ((int, Reply)[])
        [
            (200, await api.GetAsync("//health/live")),
            (200, await api.GetAsync("/products")),
            (401, await api.GetAsync("/me")),
            (404, await api.GetAsync("//nowhere")),
            (405, await api.PutAsync("//health/live", new { })),
            (400, await api.PostAsync("/auth/register", Make.Json("{"))),
            (413, await api.PostAsync("/auth/register", Make.Json(new string(' ', 2 * 1024 * 1024)))),
            (415, await api.PostAsync("/auth/register", new StringContent("{}", System.Text.Encoding.Latin1, "application/json"))),
            (429, await ExhaustAsync(api)),
        ])
        {
            Expect.Status(status, reply);
            Assert.Equal("nosniff", reply.Headers["X-Content-Type-Options"]);
            Assert.Equal("DENY", reply.Headers["X-Frame-Options"]);
            Assert.Equal("no-referrer", reply.Headers["Referrer-Policy"]);
            Assert.Equal("same-origin", reply.Headers["Cross-Origin-Opener-Policy"]);
            Assert.Equal("same-origin", reply.Headers["Cross-Origin-Resource-Policy"]);
            Assert.Contains("camera=()", reply.Headers["Permissions-Policy"], StringComparison.Ordinal);
            Assert.StartsWith(
                "default-src 'none'; frame-ancestors 'none'", reply.Headers["Content-Security-Policy"], StringComparison.Ordinal);
            Assert.DoesNotContain("Strict-Transport-Security", reply.Headers.Keys);
            Assert.DoesNotContain("Server", reply.Headers.Keys);
        }
    }

    [Fact]
    public async Task what_is_personal_is_kept_by_no_cache()
    {
        var customer = await shop.From().AsNewCustomerAsync();
        Assert.Contains("no-store", (await customer.GetAsync("/me")).Headers["Cache-Control"], StringComparison.Ordinal);
        Assert.Contains(
            "no-store",
            (await shop.From().PostAsync("/auth/login", new { email = Make.Email(), password = "wrong" })).Headers["Cache-Control"],
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https", "shop.example", true)]
    [InlineData("http", "shop.example", false)]
    [InlineData("https", "localhost", false)]
    [InlineData("https", "127.0.0.1", false)]
    public async Task browsers_are_told_to_stay_with_https_where_they_came_by_it(string scheme, string host, bool told)
    {
        var api = shop.From(null, ("X-Forwarded-Proto", scheme), ("Host", host));
        foreach (var path in (string[])["//health/live", "//nowhere"])
        {
            Assert.Equal(told, (await api.GetAsync(path)).Headers.TryGetValue("Strict-Transport-Security", out var policy));
            if (told)
                Assert.Equal("max-age=2592000; includeSubDomains", policy);
        }
    }

    [Fact]
    public async Task the_page_that_shows_the_api_loads_what_is_here_and_nothing_else()
    {
        var page = Expect.Status(200, await shop.From().GetAsync("//scalar/"));
        var policy = page.Headers["Content-Security-Policy"];
        var nonce = NonceOf.Match(policy).Groups[1].Value;
        Assert.NotEmpty(nonce);
        var scripts = Script.Matches(page.Body);
        Assert.NotEmpty(scripts);
        foreach (Match script in scripts)
        {
            if (Source.Match(script.Value) is { Success: true } source)
                Expect.Status(200, await shop.From().GetAsync($"//scalar/{source.Groups[1].Value.Split('/')[^1]}"));
            else
                Assert.Contains($"nonce=\"{nonce}\"", script.Value, StringComparison.Ordinal);
        }
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page.Body);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.NotEqual(nonce, NonceOf.Match((await shop.From().GetAsync("//scalar/")).Headers["Content-Security-Policy"]).Groups[1].Value);
    }

    [Fact]
    public async Task pages_of_a_known_origin_may_call_every_route_and_read_what_they_need()
    {
        foreach (var route in await Route.AllAsync(shop.From()))
        {
            var path = route.Path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
            // One address for all: preflights cost nothing.
            var preflight = await shop.From(
                "198.51.100.77", ("Origin", EdgeShop.Origin), ("Access-Control-Request-Method", route.Method.Method),
                ("Access-Control-Request-Headers", "authorization,content-type,idempotency-key,if-match,x-cart-id")).SendAsync(
                    HttpMethod.Options, path);
            Expect.Status(204, preflight);
            Assert.Equal(EdgeShop.Origin, preflight.Headers["Access-Control-Allow-Origin"]);
            Assert.Contains(route.Method.Method, preflight.Headers["Access-Control-Allow-Methods"], StringComparison.Ordinal);
            Assert.Contains("idempotency-key", preflight.Headers["Access-Control-Allow-Headers"], StringComparison.OrdinalIgnoreCase);
            Assert.Equal("600", preflight.Headers["Access-Control-Max-Age"]);
        }
        foreach (var (status, path) in ((int, string)[])[(200, "/products"), (401, "/me"), (404, "/nowhere")])
        {
            var reply = Expect.Status(status, await shop.From("198.51.100.77", ("Origin", EdgeShop.Origin)).GetAsync(path));
            Assert.Equal(EdgeShop.Origin, reply.Headers["Access-Control-Allow-Origin"]);
            Assert.DoesNotContain("Access-Control-Allow-Credentials", reply.Headers.Keys);
            foreach (var name in (string[])[
                "ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotent-Replayed", "Deprecation", "Sunset"])
                Assert.Contains(name, reply.Headers["Access-Control-Expose-Headers"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("https://shop.example.evil.example")]
    [InlineData("http://shop.example")]
    [InlineData("null")]
    public async Task pages_of_other_origins_may_not(string origin)
    {
        var preflight = await shop.From(null, ("Origin", origin), ("Access-Control-Request-Method", "POST"))
            .SendAsync(HttpMethod.Options, "/orders");
        Assert.DoesNotContain("Access-Control-Allow-Origin", preflight.Headers.Keys);
        Assert.DoesNotContain(
            "Access-Control-Allow-Origin", (await shop.From(null, ("Origin", origin)).GetAsync("/products")).Headers.Keys);
    }

    private static async Task<Reply> ExhaustAsync(ApiClient api)
    {
        for (var i = 0; i < EdgeShop.Limit; i++)
            await api.GetAsync("/products");
        return await api.GetAsync("/products");
    }

    [GeneratedRegex("script-src 'self' 'nonce-([^']+)'")]
    private static partial Regex NonceOf { get; }

    [GeneratedRegex("<script[^>]*>", RegexOptions.Singleline)]
    private static partial Regex Script { get; }

    [GeneratedRegex("src=\"([^\"]+)\"")]
    private static partial Regex Source { get; }
}
