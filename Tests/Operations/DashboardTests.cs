using System.Net;
using System.Text.Json.Nodes;
using OpenQA.Selenium;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>Orleans' dashboard on the silos, as an administrator's browser sees it.</summary>
[Collection(nameof(RunningShop))]
public sealed class DashboardTests(RunningShop shop)
{
    /// <summary>What the guide shows; to renew it, copy this over <c>deploy/dashboard.png</c>.</summary>
    private static readonly string Picture = Path.Combine(Repository.TestData, "dashboard.png");

    [Fact]
    public async Task an_administrator_signs_in_and_sees_the_shops_grains()
    {
        var sku = await shop.Admin.CreateProductAsync();
        await (await shop.Api.AsGuestAsync()).FillCartAsync(sku);
        // A payment that waits for its customer stays in memory; a paid guest's order leaves nothing there.
        var waiting = await shop.Api.AsGuestAsync();
        await waiting.FillCartAsync(sku);
        Expect.Status(201, await waiting.OrderAsync(paymentMethod: "pm_card_authenticationRequired"));
        using var browser = await Chromium.StartAsync();
        await browser.Navigate().GoToUrlAsync(new Uri(shop.Shop.SiloHttp, "/dashboard"));
        Assert.EndsWith("/dashboard/sign-in", browser.Url, StringComparison.Ordinal);
        browser.FindElement(By.Name("email")).SendKeys(Shop.AdminEmail);
        browser.FindElement(By.Name("password")).SendKeys(Shop.AdminPassword);
        browser.FindElement(By.TagName("button")).Click();
        await ShowsAsync(browser, "Total Activations");
        Assert.EndsWith("/dashboard/", browser.Url, StringComparison.Ordinal);
        await browser.Navigate().GoToUrlAsync(new Uri(shop.Shop.SiloHttp, "/dashboard/#/grains"));
        foreach (var grain in (string[])["OrderGrain", "PaymentGrain", "InventoryItemGrain", "CartGrain"])
            await ShowsAsync(browser, grain);
        browser.GetScreenshot().SaveAsFile(Picture);
        Assert.True(new FileInfo(Picture).Length > 10_000, "the screenshot is empty");
        // What the page may load is as its content security policy says.
        Assert.DoesNotContain(browser.Manage().Logs.GetLog(LogType.Browser), entry => entry.Level >= LogLevel.Severe);
    }

    [Fact]
    public async Task nobody_sees_anything_who_is_not_signed_in()
    {
        using var http = Client();
        foreach (var path in (string[])["", "index.min.js", "DashboardCounters", "SiloStats/x", "GrainState", "Trace"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(http, path));
            using var asPage = new HttpRequestMessage(HttpMethod.Get, path)
            { Headers = { { "Accept", "text/html,application/xhtml+xml" }, { "Cookie", "soonshop-dashboard=forged" } } };
            var reply = await http.SendAsync(asPage, TestContext.Current.CancellationToken);
            Assert.Equal((HttpStatusCode.Redirect, "/dashboard/sign-in"), (reply.StatusCode, reply.Headers.Location?.ToString()));
        }
        Assert.Equal(HttpStatusCode.OK, await GetAsync(http, "sign-in"));
    }

    [Fact]
    public async Task only_administrators_are_let_in_and_only_by_their_password()
    {
        using var http = Client();
        var customer = await Customer.RegisterAsync(shop.Api);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SignInAsync(http, customer.Email, customer.Password)).StatusCode);
        Assert.Single(Expect.Status(200, await customer.Api.GetAsync("/me/sessions"))["items"]!.AsArray());
        Assert.Equal(HttpStatusCode.Unauthorized, (await SignInAsync(http, Shop.AdminEmail, "wrong password")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SignInAsync(http, "", "")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(http, "DashboardCounters"));
    }

    [Fact]
    public async Task a_sign_in_is_a_session_of_the_account_that_ends_wherever_it_is_ended()
    {
        using var http = Client();
        var reply = await SignInAsync(http, Shop.AdminEmail, Shop.AdminPassword);
        Assert.Equal((HttpStatusCode.Redirect, "/dashboard/"), (reply.StatusCode, reply.Headers.Location?.ToString()));
        var cookie = Assert.Single(reply.Headers.GetValues("Set-Cookie"));
        foreach (var part in (string[])["httponly", "samesite=strict", "path=/dashboard"])
            Assert.Contains(part, cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(http, "DashboardCounters"));
        Assert.Equal(HttpStatusCode.Forbidden, await GetAsync(http, "GrainState?grainId=x&grainType=y"));
        Assert.Equal(HttpStatusCode.Forbidden, await GetAsync(http, "Trace"));

        var admin = await shop.Api.AsAdminAsync();
        var session = Expect.Status(200, await admin.GetAsync("/me/sessions"))["items"]!.AsArray().ToList().Find(IsOf(http))!;
        Assert.InRange(
            session["expiresAt"]!.GetValue<DateTimeOffset>() - session["createdAt"]!.GetValue<DateTimeOffset>(), TimeSpan.FromMinutes(29),
            TimeSpan.FromMinutes(31));
        Expect.Status(204, await admin.DeleteAsync($"/me/sessions/{session["id"]}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(http, "DashboardCounters"));

        await SignInAsync(http, Shop.AdminEmail, Shop.AdminPassword);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(http, "version"));
        Assert.Equal(HttpStatusCode.Redirect, (await http.PostAsync("sign-out", null, TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(http, "version"));
        Assert.DoesNotContain(Expect.Status(200, await admin.GetAsync("/me/sessions"))["items"]!.AsArray(), IsOf(http));
    }

    [Fact]
    public async Task another_silo_knows_who_signed_in()
    {
        using var http = Client();
        var cookie = (await SignInAsync(http, Shop.AdminEmail, Shop.AdminPassword)).Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        var port = TcpPort.Free();
        var second = await shop.Shop.StartSiloProcessAsync(ports: (TcpPort.Free(), TcpPort.Free()), httpPort: port);
        try
        {
            using var other = new HttpClient
            {
                BaseAddress = new Uri($"http://127.0.0.1:{port}/dashboard/"),
                DefaultRequestHeaders = { { "Cookie", cookie } },
            };
            await Until.TrueAsync(
                "the second silo serves", TimeSpan.FromSeconds(30), async () => await GetAsync(other, "sign-in") == HttpStatusCode.OK);
            Assert.Equal(HttpStatusCode.OK, await GetAsync(other, "ClusterStats"));
        }
        finally
        {
            await second.StopAsync();
        }
    }

    private static async Task ShowsAsync(WebDriver browser, string text)
    {
        var body = "";
        try
        {
            await Until.TrueAsync("the page shows it", TimeSpan.FromSeconds(30), () =>
                Task.FromResult((body = (string)browser.ExecuteScript("return document.body?.innerText ?? ''")!).Contains(
                    text, StringComparison.OrdinalIgnoreCase)));
        }
        catch (TimeoutException)
        {
            browser.GetScreenshot().SaveAsFile(Picture);
            Assert.Fail($"{browser.Url} does not show '{text}' (see {Picture}); it "
                + $"shows\n{body}\n{string.Join('\n', browser.Manage().Logs.GetLog(LogType.Browser))}");
        }
    }

    private HttpClient Client()
    {
        var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false })
        { BaseAddress = new Uri(shop.Shop.SiloHttp, "/dashboard/") };
        http.DefaultRequestHeaders.UserAgent.ParseAdd($"dashboard-test/{Guid.NewGuid():N}");
        return http;
    }

    private static Predicate<JsonNode?> IsOf(HttpClient http) =>
        session => session!["userAgent"]?.GetValue<string>() == http.DefaultRequestHeaders.UserAgent.ToString();

    /// <summary>Null when nobody listens.</summary>
    private static async Task<HttpStatusCode?> GetAsync(HttpClient http, string path)
    {
        try
        {
            using var response = await http.GetAsync(path);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static async Task<HttpResponseMessage> SignInAsync(HttpClient http, string email, string password)
    {
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("email", email), KeyValuePair.Create("password", password)]);
        return await http.PostAsync("sign-in", form);
    }
}
