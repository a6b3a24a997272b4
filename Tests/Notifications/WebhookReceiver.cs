using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Notifications;

/// <summary>Somebody's webhook endpoint: checks signatures as the documentation says, and answers as it is told.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private WebhookReceiver(WebApplication app, string url) => (this.app, Url) = (app, url);

    /// <summary>Where to post.</summary>
    public string Url { get; }

    /// <summary>Decides the answer to the n-th post.</summary>
    public Func<int, HttpContext, Task<int>> Answer { get; set; } = (_, _) => Task.FromResult(204);

    /// <summary>All posts, in order of arrival.</summary>
    public ConcurrentQueue<Post> Posts { get; } = new();

    public static async Task<WebhookReceiver> StartAsync()
    {
        var (app, url) = LocalServer.Create();
        var receiver = new WebhookReceiver(app, $"{url}/hook");
        app.Run(receiver.ReceiveAsync);
        await app.StartAsync();
        return receiver;
    }

    /// <summary>True when the signature is of this secret and body, and not older than five minutes.</summary>
    public static bool IsGenuine(Post post, string secret)
    {
        var parts = post.Signature.Split(',').Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{parts["t"]}.{post.Body}"));
        return CryptographicOperations.FixedTimeEquals(expected, Convert.FromHexString(parts["v1"]))
            && Math.Abs(
                DateTimeOffset.UtcNow.ToUnixTimeSeconds() - long.Parse(parts["t"], System.Globalization.CultureInfo.InvariantCulture))
                < 300;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        Posts.Enqueue(new Post(
            await reader.ReadToEndAsync(), context.Request.ContentType ?? "", context.Request.Headers["SoonShop-Signature"].ToString()));
        var status = await Answer(Posts.Count, context);
        // An answer with a body has set it already.
        if (!context.Response.HasStarted)
            context.Response.StatusCode = status;
    }

    internal sealed record Post(string Body, string ContentType, string Signature)
    {
        public JsonNode Event => JsonNode.Parse(Body)!;
    }
}
