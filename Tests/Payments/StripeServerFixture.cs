using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using SoonShop.StripeTesting;
using SoonShop.Tests.Running;
using Stripe;

namespace SoonShop.Tests.Payments;

/// <summary>A test server, Stripe's own client for it, a plain one, and a webhook endpoint that notes what it is sent.</summary>
internal sealed class StripeServerFixture : IAsyncDisposable
{
    public const string Secret = "whsec_first";
    private readonly WebApplication hook;

    private StripeServerFixture(StripeServer server, WebApplication hook)
    {
        (Server, this.hook) = (server, hook);
        Http = new HttpClient { BaseAddress = new Uri(server.Url), Timeout = TimeSpan.FromSeconds(60) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Options.ApiKey);
        Client = new StripeClient(new StripeClientOptions
        {
            ApiKey = server.Options.ApiKey,
            ApiBase = server.Url,
            HttpClient = new SystemNetHttpClient(
                new HttpClient { Timeout = TimeSpan.FromSeconds(60) }, maxNetworkRetries: 0, enableTelemetry: false),
        });
    }

    public StripeServer Server { get; }

    public StripeClient Client { get; }

    public HttpClient Http { get; }

    /// <summary>The webhooks that came, in order.</summary>
    public ConcurrentQueue<Post> Posts { get; } = new();

    /// <summary>Decides the HTTP status for the n-th webhook.</summary>
    public Func<int, Task<int>> Answer { get; set; } = _ => Task.FromResult(200);

    public static async Task<StripeServerFixture> StartAsync(Action<StripeServerOptions>? configure = null)
    {
        var (hook, url) = LocalServer.Create();
        StripeServerFixture? fixture = null;
        var numbered = 0;
        hook.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            fixture!.Posts.Enqueue(new Post(await reader.ReadToEndAsync(), context.Request.Headers["Stripe-Signature"].ToString()));
            context.Response.StatusCode = await fixture.Answer(Interlocked.Increment(ref numbered));
        });
        await hook.StartAsync();
        var options = new StripeServerOptions
        {
            Port = 0,
            WebhookBackoffSeconds = 0.05,
            HangSeconds = 60,
            SlowSeconds = 0.5,
            WebhookDelaySeconds = 0.5,
        };
        options.Webhooks.Add(new WebhookTarget { Url = url + "/hook", Secrets = [Secret] });
        configure?.Invoke(options);
        return fixture = new StripeServerFixture(await StripeServer.StartAsync(options), hook);
    }

    /// <summary>Sends a form, written as a query is; answers status, body and headers.</summary>
    public async Task<Reply> SendAsync(
        HttpMethod method, string path, string form = "", string? key = null, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(method, method == HttpMethod.Get && form.Length > 0 ? $"{path}?{form}" : path);
        if (method != HttpMethod.Get)
            request.Content = new StringContent(form, Encoding.UTF8, new MediaTypeHeaderValue("application/x-www-form-urlencoded"));
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var response = await Http.SendAsync(request, cancellation);
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value));
        return new Reply(response.StatusCode, await response.Content.ReadAsStringAsync(cancellation), headers);
    }

    public Task<Reply> PostAsync(string path, string form = "", string? key = null) => SendAsync(HttpMethod.Post, path, form, key);

    public Task<Reply> GetAsync(string path, string query = "") => SendAsync(HttpMethod.Get, path, query);

    /// <summary>Pays with a card; throws what Stripe's client throws.</summary>
    public Task<PaymentIntent> PayAsync(
        string card = "pm_card_visa", long amount = 2000, Action<PaymentIntentCreateOptions>? configure = null, string? key = null)
    {
        var options = new PaymentIntentCreateOptions
        {
            Amount = amount,
            Currency = "usd",
            PaymentMethod = card,
            Confirm = true,
            AllowedPaymentMethodTypes = ["card"],
        };
        configure?.Invoke(options);
        return Client.V1.PaymentIntents.CreateAsync(
            options, key is null ? null : new RequestOptions { IdempotencyKey = key }, TestContext.Current.CancellationToken);
    }

    /// <summary>Waits for the webhooks of these types, at least; answers all that came.</summary>
    public async Task<IReadOnlyList<Post>> WebhooksAsync(params string[] types)
    {
        await Until.TrueAsync($"webhooks {string.Join(", ", types)}", TimeSpan.FromSeconds(30), () =>
            Task.FromResult(types.All(t => Posts.Any(p => p.Type == t))));
        return [.. Posts];
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await hook.StopAsync(now.Token);
        await hook.DisposeAsync();
    }

    internal sealed record Post(string Body, string Signature)
    {
        public JsonNode Json { get; } = JsonNode.Parse(Body)!;

        public string Type => Json["type"]!.GetValue<string>();

        public string Id => Json["id"]!.GetValue<string>();
    }
}
