using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SoonShop.ApiFrontend.Edge;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Rules;

public sealed class EdgeOptionsTests
{
    [Fact]
    public void the_defaults_are_in_order()
    {
        Assert.Empty(new HttpOptions().Problems());
        Assert.Empty(new ShopCorsOptions().Problems());
        Assert.Empty(new RateLimitsOptions().Problems());
    }

    [Fact]
    public void development_lets_a_hundred_of_anything_but_mails_and_exports_through_a_minute()
    {
        var development = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(Repository.Root, "ApiFrontend", "appsettings.Development.json")).Build()
            .GetSection(RateLimitsOptions.Section).Get<RateLimitsOptions>()!;
        Assert.Empty(development.Problems());
        Assert.All(
            [
                development.Login, development.Registration, development.Recovery, development.Tokens, development.Checkout,
                development.Writes, development.Reads, development.Admin,
            ],
            limit => Assert.True(limit.Requests >= 100 && limit.WindowSeconds <= 60));
    }

    [Theory]
    [InlineData("10.0.0.7", true)]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("2001:db8::/32", true)]
    [InlineData("::1", true)]
    [InlineData("10.0.0.0/33", false)]
    [InlineData("proxy.example", false)]
    [InlineData("", false)]
    public void a_proxy_is_trusted_by_address_or_network(string proxy, bool good)
    {
        var problems = new HttpOptions { TrustedProxies = ["127.0.0.1", proxy] }.Problems().ToArray();
        if (good)
            Assert.Empty(problems);
        else
            Assert.Contains("Http__TrustedProxies__1", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://soonshop.dev/problems/", true)]
    [InlineData("https://shop.example/docs/problems.md#", true)]
    [InlineData("https://shop.example/docs/problems.md", false)]
    [InlineData("urn:problem:", false)]
    [InlineData("", false)]
    public void types_of_problems_begin_with_a_url_that_a_code_can_follow(string typeBase, bool good)
    {
        var problems = new HttpOptions { ProblemTypeBase = typeBase }.Problems().ToArray();
        if (good)
            Assert.Empty(problems);
        else
            Assert.Contains("Http__ProblemTypeBase", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void the_type_of_a_problem_begins_as_configured()
    {
        var options = new HttpOptions { ProblemTypeBase = "https://shop.example/docs/problems.md#" };
        using var services = new ServiceCollection().AddSingleton(options).BuildServiceProvider();
        var details = new ProblemDetails();
        Problem.Complete(new DefaultHttpContext { RequestServices = services }, details, ErrorCode.OutOfStock);
        Assert.Equal("https://shop.example/docs/problems.md#out-of-stock", details.Type);
    }

    [Fact]
    public void each_number_out_of_range_is_named()
    {
        var problems = new HttpOptions { MaxHeaders = 0, HeaderSeconds = 1000, HttpsPort = 70000, ForwardLimit = 0, HstsDays = -1 }
            .Problems().ToArray();
        Assert.Equal(5, problems.Length);
        Assert.All((string[])["Http__MaxHeaders", "Http__HeaderSeconds", "Http__HttpsPort", "Http__ForwardLimit", "Http__HstsDays"],
            name => Assert.Single(problems, p => p.Contains($"set {name} to", StringComparison.Ordinal)));
    }

    [Fact]
    public void limits_are_as_high_as_where_they_are_counted_allows()
    {
        var options =
            new RateLimitsOptions { Login = new ClassLimit(10_001, 60), Reads = new ClassLimit(1001, 3601), Mail = new ClassLimit(0, 0) };
        var problems = options.Problems().ToArray();
        Assert.Equal(4, problems.Length);
        Assert.All(
            (string[])[
                "RateLimits__Login__Requests to 1–10000", "RateLimits__Reads__WindowSeconds to 1–3600", "RateLimits__Mail__Requests",
                "RateLimits__Mail__WindowSeconds"],
            name => Assert.Single(problems, p => p.Contains(name, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("https://shop.example", true)]
    [InlineData("https://*.shop.example", true)]
    [InlineData("http://localhost:5173", true)]
    [InlineData("*", true)]
    [InlineData("https://shop.example/", false)]
    [InlineData("https://shop.example/cart", false)]
    [InlineData("shop.example", false)]
    [InlineData("ftp://shop.example", false)]
    [InlineData("null", false)]
    [InlineData("https://a.*.example", false)]
    public void an_origin_is_scheme_host_and_port(string origin, bool good) =>
        Assert.Equal(good ? 0 : 1, new ShopCorsOptions { AllowedOrigins = [origin] }.Problems().Count());

    [Fact]
    public void any_origin_with_credentials_is_refused() =>
        Assert.Contains(
            "Cors:AllowCredentials", Assert.Single(new ShopCorsOptions { AllowedOrigins = ["*"], AllowCredentials = true }.Problems()),
            StringComparison.Ordinal);

    [Fact]
    public void believing_every_client_its_address_is_refused() => Assert.Contains(
        "Http__TrustedProxies__0", Assert.Single(TrustedProxies.Problems(Configuration(("ForwardedHeaders_Enabled", "true")))),
        StringComparison.Ordinal);

    [Fact]
    public void a_certificate_that_is_not_there_is_named()
    {
        var problems = Tls.Problems(Configuration(
            ("Kestrel:Certificates:Default:Path", "/nonsense.pem"),
            ("Kestrel:Endpoints:Https:Certificate:KeyPath", "/nonsense.key"))).ToArray();
        Assert.Equal(2, problems.Length);
        Assert.Contains("Kestrel__Certificates__Default__Path", problems[0], StringComparison.Ordinal);
        Assert.Contains("Kestrel__Endpoints__Https__Certificate__KeyPath", problems[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData("2001:db8:1:2:ffff::1", "2001:db8:1:2::")]
    public void an_address_counts_as_itself_or_its_network(string address, string same) =>
        Assert.Equal(Subjects.OfAddress(IPAddress.Parse(same)), Subjects.OfAddress(IPAddress.Parse(address)));

    [Fact]
    public void other_networks_count_apart() => Assert.Equal(
        4, ((string[])["203.0.113.7", "203.0.113.8", "2001:db8:1:2::1", "2001:db8:1:3::1"])
            .Select(a => Subjects.OfAddress(IPAddress.Parse(a))).Distinct().Count());

    [Fact]
    public void an_email_address_counts_however_it_is_written_and_is_not_told()
    {
        Assert.Equal(Subjects.OfEmail("ada@example.com"), Subjects.OfEmail(" Ada@Example.COM "));
        Assert.DoesNotContain("ada", Subjects.OfEmail("ada@example.com"), StringComparison.Ordinal);
    }

    private static IConfigurationRoot Configuration(params (string Name, string Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => KeyValuePair.Create(v.Name, (string?)v.Value))).Build();

    [Theory]
    [InlineData("Http1AndHttp2", "http://127.0.0.1:1", false, null)]
    [InlineData("http1andhttp2andhttp3", "https://127.0.0.1:1", false, null)]
    [InlineData("Http3", "https://127.0.0.1:1", true, null)]
    [InlineData("Http3", "https://127.0.0.1:1", false, "install the library MsQuic")]
    [InlineData("Http1AndHttp2AndHttp3", "http://127.0.0.1:1", true, "HTTP/3 needs TLS")]
    [InlineData("Http4", "https://127.0.0.1:1", true, "Http1AndHttp2AndHttp3")]
    public void protocols_that_an_endpoint_cannot_serve_are_named(string protocols, string url, bool isQuicSupported, string? problem)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:Public:Url"] = url,
            ["Kestrel:Endpoints:Public:Protocols"] = protocols,
        }).Build();
        var problems = Tls.ProtocolProblems(configuration, isQuicSupported).ToArray();
        if (problem is null)
            Assert.Empty(problems);
        else
            Assert.Contains(problem, Assert.Single(problems), StringComparison.Ordinal);
    }
}
