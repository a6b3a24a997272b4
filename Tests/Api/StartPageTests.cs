using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>What stands at the address that <c>run.sh</c> names.</summary>
[Collection(nameof(RunningShop))]
public sealed partial class StartPageTests(RunningShop shop)
{
    [Theory]
    [InlineData(null)]
    [InlineData("*/*")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")]
    [InlineData(";;;")]
    public async Task a_page_says_what_this_is_and_all_its_links_work(string? accept)
    {
        var page = Expect.Status(200, await GetAsync(accept));
        Assert.StartsWith("text/html", page.Headers["Content-Type"], StringComparison.Ordinal);
        Assert.Contains("An e-commerce backend", page.Body, StringComparison.Ordinal);
        var links = Link.Matches(page.Body).Select(m => System.Net.WebUtility.HtmlDecode(m.Groups[1].Value)).ToArray();
        Assert.Superset(new HashSet<string> { "/scalar", "/openapi/v1.json", "/health/live", "/health/ready" }, links.ToHashSet());
        foreach (var link in links)
            Expect.Status(200, await shop.Api.GetAsync("/" + link));
    }

    [Fact]
    public async Task the_page_loads_nothing_but_its_own_style()
    {
        var page = await GetAsync("text/html");
        var style = Style.Match(page.Body).Groups[1].Value;
        Assert.Contains(
            $"style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'",
            page.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none'", page.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//|<script", page.Body);
        Assert.Equal("nosniff", page.Headers["X-Content-Type-Options"]);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json, text/html;q=0.5")]
    [InlineData("text/html;q=0, */*")]
    public async Task programs_get_the_same_as_json(string accept)
    {
        var answer = Expect.Status(200, await GetAsync(accept));
        Assert.Equal(
            ("SoonShop", "/scalar", "/openapi/v1.json"),
            (answer.Text("name"), answer.Text("links.documentation"), answer.Text("links.openapi")));
    }

    [Fact]
    public async Task who_takes_neither_is_told_so() => Expect.Problem(406, "not-acceptable", await GetAsync("image/png"));

    [Fact]
    public async Task it_is_there_in_chinese_and_for_head_and_for_nothing_else()
    {
        Assert.Contains("电子商务", (await GetAsync("text/html", ("Accept-Language", "zh-CN"))).Body, StringComparison.Ordinal);
        var head = Expect.Status(200, await shop.Api.SendAsync(HttpMethod.Head, "//"));
        Assert.Equal("", head.Body);
        Assert.StartsWith("text/html", head.Headers["Content-Type"], StringComparison.Ordinal);
        Expect.Problem(405, "method-not-allowed", await shop.Api.PostAsync("//"));
    }

    private Task<Reply> GetAsync(string? accept, params (string, string)[] headers) =>
        shop.Api.SendAsync(
            HttpMethod.Get, "//", more: [.. headers, .. accept is null ? Array.Empty<(string, string)>() : [("Accept", accept)]]);

    [GeneratedRegex("href=\"([^\"]+)\"")]
    private static partial Regex Link { get; }

    [GeneratedRegex("<style>(.*?)</style>")]
    private static partial Regex Style { get; }
}
