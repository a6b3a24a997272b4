using Asp.Versioning;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using SoonShop.ApiFrontend.Versions;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>How the API comes by its next version, and how it leaves the last one.</summary>
[Collection(nameof(RunningShop))]
public sealed class VersionTests(RunningShop shop)
{
    [Fact]
    public async Task a_second_version_changes_one_route_and_keeps_the_others()
    {
        await using var host = await Host.StartAsync([new(1), new(2)], new VersionsOptions());
        Assert.Equal("old", await host.TextAsync("/api/v1/greeting"));
        Assert.Equal("new", await host.TextAsync("/api/v2/greeting"));
        Assert.Equal("same", await host.TextAsync("/api/v1/weather"));
        Assert.Equal("same", await host.TextAsync("/api/v2/weather"));
        Assert.Equal(
            "1, 2", Header(await host.Http.GetAsync("/api/v2/weather", TestContext.Current.CancellationToken), "api-supported-versions"));
        Assert.Equal(404, (int)(await host.Http.GetAsync("/api/v3/weather", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(404, (int)(await host.Http.GetAsync("/api/v1/only-in-the-second", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal("here", await host.TextAsync("/api/v2/only-in-the-second"));
    }

    [Fact]
    public async Task a_version_leads_to_the_same_route_however_often_and_in_whichever_form_it_is_asked_for()
    {
        await using var host = await Host.StartAsync([new(1), new(2)], new VersionsOptions());
        string[] forms =
        [
            "v1", "v2", "V1", "v1.0", "v2.0", "v3", "vx", "v", "1", "vv1", "v1.", "v01", "v1.00", "v1.000",
            "v2.00", "v2.000", "v001", "v002", "v1-rc",
        ];
        var first = await AnswersAsync();
        Assert.Equal(first, await AnswersAsync());
        Assert.Equal(first.Reverse(), await AnswersAsync(reversed: true));
        Assert.Equal(["200 old 1, 2", "200 new 1, 2", "200 old 1, 2", "200 old 1, 2", "200 new 1, 2", "404  ", "404  "], first.Take(7));

        async Task<string[]> AnswersAsync(bool reversed = false)
        {
            var answers = new List<string>();
            foreach (var form in reversed ? forms.Reverse() : forms)
            {
                var answer = await host.Http.GetAsync($"/api/{form}/greeting", TestContext.Current.CancellationToken);
                var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                answers.Add($"{(int)answer.StatusCode} {text} {Header(answer, "api-supported-versions")}");
            }
            return [.. answers];
        }
    }

    [Fact]
    public async Task clients_are_told_what_is_on_its_way_out()
    {
        var options = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Versions:Deprecations:first:Version"] = "1",
            ["Versions:Deprecations:first:DeprecatedAt"] = "2026-01-01T00:00:00Z",
            ["Versions:Deprecations:first:SunsetAt"] = "2026-12-31T23:59:59Z",
            ["Versions:Deprecations:first:Policy"] = "https://soonshop.dev/versions",
            ["Versions:Deprecations:greeting:Version"] = "1",
            ["Versions:Deprecations:greeting:Route"] = "GET /greeting/{name}",
            ["Versions:Deprecations:greeting:DeprecatedAt"] = "2026-02-01T00:00:00Z",
            ["Versions:Deprecations:greeting:Policy"] = "https://soonshop.dev/greetings",
        }).Build().GetSection(VersionsOptions.Section).Get<VersionsOptions>()!;
        Assert.Empty(options.Problems());
        await using var host = await Host.StartAsync([new(1), new(2)], options);

        var version = await host.Http.GetAsync("/api/v1/weather", TestContext.Current.CancellationToken);
        Assert.Equal("@1767225600", Header(version, "Deprecation"));
        Assert.Equal("Thu, 31 Dec 2026 23:59:59 GMT", Header(version, "Sunset"));
        Assert.Contains("<https://soonshop.dev/versions>; rel=\"sunset\"", Header(version, "Link"), StringComparison.Ordinal);
        Assert.Contains("<https://soonshop.dev/versions>; rel=\"deprecation\"", Header(version, "Link"), StringComparison.Ordinal);

        var route = await host.Http.GetAsync("/api/v1/greeting/Ada", TestContext.Current.CancellationToken);
        Assert.Equal("@1769904000", Header(route, "Deprecation"));
        Assert.Equal("", Header(route, "Sunset"));
        Assert.Equal("", Header(await host.Http.GetAsync("/api/v2/weather", TestContext.Current.CancellationToken), "Deprecation"));
        Assert.Equal(
            "@1767225600", Header(await host.Http.GetAsync("/api/v1/refused", TestContext.Current.CancellationToken), "Deprecation"));
    }

    [Theory]
    [InlineData("Version", "7")]
    [InlineData("Version", "")]
    [InlineData("Route", "orders")]
    [InlineData("DeprecatedAt", "")]
    [InlineData("SunsetAt", "2025-01-01T00:00:00Z")]
    [InlineData("Policy", "ftp://example.com")]
    public void a_deprecation_that_cannot_be_told_is_a_problem_of_the_configuration(string name, string value)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Version"] = "1",
            ["DeprecatedAt"] = "2026-01-01T00:00:00Z",
            ["Policy"] = "https://soonshop.dev/versions",
            [name] = value,
        };
        var options = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(s => $"Deprecations:some:{s.Key}", s => s.Value)).Build().Get<VersionsOptions>()!;
        Assert.Contains($"Versions__Deprecations__some__{name}", Assert.Single(options.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_version_that_is_not_there_is_a_problem()
    {
        Expect.Problem(404, "not-found", await shop.Api.GetAsync("//api/v2/products"));
        Expect.Problem(404, "not-found", await shop.Api.GetAsync("//api/v1.7/products"));
        Expect.Problem(404, "not-found", await shop.Api.GetAsync("//api/vx/products"));
        Expect.Problem(404, "not-found", await shop.Api.GetAsync("//openapi/v2.json"));
        Assert.Equal("1", Expect.Status(200, await shop.Api.GetAsync("/products")).Headers["api-supported-versions"]);
    }

    private static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";

    /// <summary>A front end with other routes, versioned as the shop's are.</summary>
    private sealed record Host(WebApplication App, HttpClient Http) : IAsyncDisposable
    {
        public static async Task<Host> StartAsync(ApiVersion[] versions, VersionsOptions options)
        {
            var (app, url) = LocalServer.Create(s => s.AddShopVersions(options));
            app.UseRouting();
            app.UseDeprecations();
            var api = app.MapShopApi(versions);
            api.MapGet("/weather", () => "same");
            api.MapGet("/greeting", () => "old").MapToApiVersion(1);
            api.MapGet("/greeting", () => "new").MapToApiVersion(2);
            api.MapGet("/greeting/{name:maxlength(10)}", (string name) => name);
            api.MapGet("/only-in-the-second", () => "here").MapToApiVersion(2);
            api.MapGet("/refused", () => TypedResults.Conflict());
            await app.StartAsync(TestContext.Current.CancellationToken);
            return new Host(app, new HttpClient { BaseAddress = new Uri(url) });
        }

        public Task<string> TextAsync(string path) => Http.GetStringAsync(path, TestContext.Current.CancellationToken);

        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            await App.DisposeAsync();
        }
    }
}
