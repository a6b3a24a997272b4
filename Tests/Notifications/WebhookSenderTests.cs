using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.Silo.Notifications;
using SoonShop.Tests.Rules;

namespace SoonShop.Tests.Notifications;

/// <summary>Posting to a real HTTP server.</summary>
public sealed class WebhookSenderTests : IAsyncDisposable
{
    private const string Secret = "whsec_secret";
    private readonly WebhookReceiver receiver = WebhookReceiver.StartAsync().GetAwaiter().GetResult();
    private readonly WebhookAttempts attempts = new(Options.Create(new NotificationsOptions()));
    private readonly WebhookSender sender;

    public WebhookSenderTests() => sender = Sender(new WebhookOptions { AllowPrivateAddresses = true, TimeoutSeconds = 7 });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task an_event_is_posted_as_a_signed_cloud_event()
    {
        await PostAsync();

        var post = Assert.Single(receiver.Posts);
        Assert.Equal("application/cloudevents+json; charset=utf-8", post.ContentType);
        Assert.True(WebhookReceiver.IsGenuine(post, Secret));
        Assert.False(WebhookReceiver.IsGenuine(post, "whsec_other"));
        Assert.False(WebhookReceiver.IsGenuine(post with { Body = post.Body.Replace("SO-1", "SO-2", StringComparison.Ordinal) }, Secret));
        foreach (var (name, value) in ((string, string)[])[
            ("specversion", "1.0"), ("id", "/order/1#3"), ("source", "/order/1"), ("type", "order.shipped"), ("subject", "1"),
            ("datacontenttype", "application/json")])
            Assert.Equal(value, post.Event[name]!.GetValue<string>());
        Assert.Equal(Given.Now, post.Event["time"]!.GetValue<DateTimeOffset>());
        Assert.Equal("SO-1", post.Event["data"]!["order"]!["number"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(500, ErrorClass.Transient)]
    [InlineData(429, ErrorClass.Transient)]
    [InlineData(404, ErrorClass.Transient)]
    [InlineData(302, ErrorClass.Transient)]
    [InlineData(410, ErrorClass.Permanent)]
    public async Task what_is_not_taken_is_a_failure(int status, ErrorClass expected)
    {
        receiver.Answer = (_, context) =>
        {
            context.Response.Headers.Location = receiver.Url;
            return Task.FromResult(status);
        };
        Assert.Equal(expected, (await Assert.ThrowsAsync<HandlingException>(PostAsync)).Class);
        Assert.Single(receiver.Posts);
    }

    [Fact]
    public async Task each_attempt_is_logged_with_what_the_endpoint_answered()
    {
        receiver.Answer = async (count, context) =>
        {
            if (count == 1)
            {
                context.Response.StatusCode = 500;
                await context.Response.WriteAsync($"no\0 such\ntable {new string('x', 5000)}");
                return 500;
            }
            return 200;
        };
        await Assert.ThrowsAsync<HandlingException>(PostAsync);
        await PostAsync();
        await receiver.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(PostAsync);

        var (logged, dropped) = attempts.Take();
        Assert.Equal(0, dropped);
        Assert.Equal([500, 200, null], logged.Select(a => a.Status));
        Assert.Equal(["The endpoint answered 500 Internal Server Error.", null], logged.Take(2).Select(a => a.Error));
        Assert.NotNull(logged[2].Error);
        Assert.StartsWith("no  such table xxx", logged[0].Response, StringComparison.Ordinal);
        Assert.Equal(500, logged[0].Response!.Length);
        Assert.All(logged, a => Assert.Equal((Shipped.Id, Shipped.Type, 1), (a.EventId, a.EventType, a.Attempt)));
        Assert.Empty(attempts.Take().Attempts);
    }

    [Fact]
    public void what_cannot_be_logged_in_time_is_dropped_and_counted()
    {
        var one = new WebhookAttempt(Given.Id(1), "/order/1#1", "order.placed", Given.Now, 1, 5, 200, null, null);
        for (var i = 0; i < WebhookAttempts.MaxAttempts; i++)
            attempts.Add(one);
        var (taken, _) = attempts.Take();
        attempts.Add(one with { Attempt = 2 });
        attempts.Restore(taken);
        attempts.Add(one);
        var (kept, dropped) = attempts.Take();
        Assert.Equal((WebhookAttempts.MaxAttempts, 2), (kept.Count, dropped));
        Assert.Equal(2, kept[^1].Attempt);
        var off = new WebhookAttempts(Options.Create(new NotificationsOptions { Webhooks = new WebhookOptions { LogRetentionDays = 0 } }));
        off.Add(one);
        Assert.Empty(off.Take().Attempts);
    }

    [Fact]
    public async Task an_endpoint_that_hangs_is_given_up()
    {
        receiver.Answer = async (_, context) =>
        {
            await Task.Delay(TimeSpan.FromMinutes(1), context.RequestAborted);
            return 204;
        };
        using var hasty = Sender(new WebhookOptions { AllowPrivateAddresses = true, TimeoutSeconds = 0.3 });
        await Assert.ThrowsAsync<TimeoutException>(() => hasty.PostAsync(Given.Id(1), receiver.Url, Secret, Shipped, 1, Cancellation));
    }

    [Fact]
    public async Task an_endpoint_that_is_not_there_is_a_failure()
    {
        await receiver.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(PostAsync);
    }

    [Theory]
    [InlineData("ftp://example.com")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/relative")]
    [InlineData("https://user:password@example.com")]
    [InlineData("https://example.com/#fragment")]
    [InlineData("http://localhost/")]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://10.1.2.3/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:192.168.1.1]/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    public void an_address_that_must_not_be_posted_to_is_refused(string url) =>
        Assert.NotNull(Sender(new WebhookOptions()).ProblemWith(url));

    [Theory]
    [InlineData("https://example.com/hook?key=1")]
    [InlineData("http://8.8.8.8:8080/")]
    public void an_address_on_the_internet_is_fine(string url) => Assert.Null(Sender(new WebhookOptions()).ProblemWith(url));

    [Fact]
    public async Task a_name_that_leads_into_a_private_network_is_not_connected_to()
    {
        using var guarded = Sender(new WebhookOptions());
        // A name that is no address, and that the check of the URL does not know.
        var url = $"http://{Dns.GetHostName()}:{new Uri(receiver.Url).Port}/hook";
        if ((await Dns.GetHostAddressesAsync(Dns.GetHostName(), Cancellation)).Any(WebhookSender.IsPublic))
            Assert.Skip("This machine's name leads to a public address.");
        Assert.Null(guarded.ProblemWith(url));
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => guarded.PostAsync(Given.Id(1), url, Secret, Shipped, 1, Cancellation));
        Assert.Contains("private network", refused.ToString(), StringComparison.Ordinal);
        Assert.Empty(receiver.Posts);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.15.0.1", true)]
    [InlineData("172.16.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("::", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    public void what_is_public_is_known(string address, bool isPublic) =>
        Assert.Equal(isPublic, WebhookSender.IsPublic(IPAddress.Parse(address)));

    public async ValueTask DisposeAsync()
    {
        sender.Dispose();
        await receiver.DisposeAsync();
    }

    private Task PostAsync() => sender.PostAsync(Given.Id(1), receiver.Url, Secret, Shipped, 1, Cancellation);

    private static WebhookPayload Shipped { get; } = new(
        "/order/1#3", "/order/1", "order.shipped", "1", Given.Now, 3, "correlation", null,
        JsonSerializer.SerializeToElement(new { order = new { number = "SO-1" } }));

    private WebhookSender Sender(WebhookOptions options) =>
        new(Options.Create(new NotificationsOptions { Webhooks = options }), attempts, TimeProvider.System);
}
