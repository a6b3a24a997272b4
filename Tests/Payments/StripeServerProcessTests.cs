using System.Diagnostics;
using System.Net;
using SoonShop.StripeTesting;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>The Stripe test server as a process, and its own URLs.</summary>
public sealed class StripeServerProcessTests
{
    private const int ConfigurationError = 78, Unavailable = 69;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task it_runs_until_it_is_asked_to_end()
    {
        var port = TcpPort.Free();
        using var process = Process.Start(
            Command([("Port", $"{port}"), ("ApiKey", "sk_test_of_the_test"), ("FaultRates__RateLimit", "0")]))!;
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        http.DefaultRequestHeaders.Authorization = new("Bearer", "sk_test_of_the_test");
        await Until.TrueAsync("the server answers", TimeSpan.FromSeconds(60), async () =>
        {
            try
            {
                return process.HasExited || (await http.GetAsync(new Uri("/v1/payment_intents", UriKind.Relative), Cancellation)).StatusCode
                    == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        Assert.False(process.HasExited);
        Assert.Contains($"http://127.0.0.1:{port}", await process.StandardOutput.ReadLineAsync(Cancellation), StringComparison.Ordinal);
        // The port is taken now.
        Assert.Equal(Unavailable, (await RunAsync(("Port", $"{port}"))).Code);

        await Repository.RunAsync("kill", "-TERM", $"{process.Id}");

        await process.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task every_wrong_setting_is_named_at_once()
    {
        var (code, error) = await RunAsync(
            ("Port", "65536"), ("ApiKey", "sk_live_never"), ("ApiVersion", "yesterday"), ("WebhookAttempts", "0"),
            ("Webhooks__0__Url", "nowhere"), ("Webhooks__0__Secrets__0", "secret"), ("FaultRates__Earthquake", "2"), ("HangSeconds", "-1"));
        Assert.Equal(ConfigurationError, code);
        Assert.Contains("9 problem(s)", error, StringComparison.Ordinal);
        foreach (var name in new[]
        {
            "Port",
            "ApiKey",
            "ApiVersion",
            "WebhookAttempts",
            "Webhooks:0:Url",
            "Webhooks:0:Secrets",
            "FaultRates:Earthquake",
            "HangSeconds",
        })
            Assert.Contains($"StripeServer:{name}", error, StringComparison.Ordinal);
        Assert.DoesNotContain("sk_live_never", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Port", "many")]
    [InlineData("Prot", "12111")]
    public async Task a_setting_that_cannot_be_read_or_is_unknown_is_named(string name, string value)
    {
        var (code, error) = await RunAsync((name, value));
        Assert.Equal(ConfigurationError, code);
        Assert.Contains(name, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_wrong_setting_is_refused_in_a_test_too() =>
        await Assert.ThrowsAsync<ArgumentException>(() => StripeServer.StartAsync(new StripeServerOptions { Port = -1 }));

    [Fact]
    public async Task everything_can_be_steered_over_http()
    {
        await using var stripe = await StripeServerFixture.StartAsync();
        stripe.Server.Webhooks.RemoveTargets();

        async Task<Reply> TestAsync(string path, HttpStatusCode expected = HttpStatusCode.OK)
        {
            var reply = await stripe.PostAsync("/test" + path);
            Assert.True(reply.Status == expected, $"{path}: {reply.Body}");
            return reply;
        }

        await TestAsync(
            $"/webhook_targets?url={Uri.EscapeDataString(stripe.Server.Options.Webhooks[0].Url)}"
                + $"&secret={StripeServerFixture.Secret}&secret=whsec_second");
        Assert.Contains(
            "Url", (await TestAsync("/webhook_targets?url=nowhere&secret=whsec_x", HttpStatusCode.BadRequest)).Text("error"),
            StringComparison.Ordinal);

        var asked =
            (await stripe.PayAsync("pm_card_authenticationRequired", configure: o => o.Metadata = new() { ["order_id"] = "o-1" })).Id;
        await TestAsync($"/payment_intents/{asked}/authenticate");
        await TestAsync($"/payment_intents/{asked}/authenticate", HttpStatusCode.BadRequest);
        await TestAsync("/payment_intents/pi_none/authenticate", HttpStatusCode.NotFound);
        await TestAsync($"/payment_intents/{(await stripe.PayAsync("pm_card_authenticationRequired")).Id}/fail_authentication");
        await TestAsync($"/payment_intents/{(await stripe.PayAsync(configure: o => o.CaptureMethod = "manual")).Id}/expire");
        await TestAsync($"/payment_intents/{(await stripe.PayAsync("pm_card_processing")).Id}/end_processing?succeeds=false");
        var refunded = (await stripe.PayAsync("pm_card_pendingRefund")).Id;
        var refund = (await stripe.PostAsync("/v1/refunds", $"payment_intent={refunded}&amount=300")).Text("id");
        await TestAsync($"/refunds/{refund}/succeed");
        await TestAsync($"/refunds/{refund}/fail?reason=lost_or_stolen_card");
        var dispute = await TestAsync($"/payment_intents/{refunded}/dispute?amount=500&reason=duplicate");
        await TestAsync($"/disputes/{dispute.Text("dispute")}/close?won=false");
        await TestAsync("/idempotency_keys/forget");

        var books = await stripe.GetAsync("/test/books", "details=true");
        Assert.Equal(2000, books.Number("by.o-1.captured"));
        Assert.Equal(4000, books.Number("totals.captured"));
        Assert.Equal(500, books.Number("totals.disputed"));
        Assert.Equal("failed", books.Text("refunds.0.status"));
        Assert.Equal(5, books["payments"]!.AsArray().Count);

        await stripe.Server.Webhooks.WhenIdleAsync(Cancellation);
        var sent = await stripe.GetAsync("/test/webhooks", "limit=1000");
        Assert.Equal(stripe.Posts.Count, sent["deliveries"]!.AsArray().Count);
        Assert.Equal(200, sent.Number("deliveries.0.attempts.0.status"));
        var happened = sent.Text("deliveries.0.eventId");
        Assert.Equal(200, (await TestAsync($"/events/{happened}/send?age_seconds=3600")).Number("answers.0"));

        await TestAsync("/faults?fault=RateLimit&route=GET%20/v1/refunds&times=1");
        await TestAsync("/faults?fault=ErrorBefore&rate=0");
        await TestAsync("/faults?fault=ErrorBefore&rate=2", HttpStatusCode.BadRequest);
        await TestAsync("/faults?fault=Earthquake", HttpStatusCode.BadRequest);
        await TestAsync("/faults/seed?seed=5");
        Assert.Equal(HttpStatusCode.TooManyRequests, (await stripe.GetAsync("/v1/refunds")).Status);
        Assert.Equal(1, (await stripe.GetAsync("/test/faults")).Number("counts.RateLimit"));
        Assert.Equal(HttpStatusCode.OK, (await stripe.SendAsync(HttpMethod.Delete, "/test/faults", cancellation: Cancellation)).Status);
        Assert.Equal(
            HttpStatusCode.OK, (await stripe.SendAsync(HttpMethod.Delete, "/test/webhook_targets", cancellation: Cancellation)).Status);
    }

    private static async Task<(int Code, string Error)> RunAsync(params (string Name, string Value)[] settings)
    {
        var command = Command(settings);
        var (code, _, error) = await Repository.TryRunAsync(
            command.FileName, [.. command.ArgumentList], command.Environment.ToDictionary());
        return (code, error);
    }

    private static ProcessStartInfo Command((string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "SoonShop.StripeServer.dll")])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in settings)
            start.Environment[$"StripeServer__{name}"] = value;
        return start;
    }
}
