using SoonShop.Tests.Api;
using SoonShop.Tests.Running;
using static SoonShop.Tests.Operations.TraceCollector;

namespace SoonShop.Tests.Operations;

/// <summary>What a request causes is one trace, wherever in the shop it happens.</summary>
[Collection(nameof(ObservedShop))]
public sealed class TraceTests(ObservedShop shop)
{
    private const string CallerSpan = "00f067aa0ba902b7";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task a_purchase_is_one_trace_from_http_to_grain_storage_stream_handler_and_payment_provider()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync(stock: 3, price: 2000));
        var trace = $"{Guid.NewGuid():N}";
        var order = Expect.Status(201, await ObservedShop.Traced(customer, trace, CallerSpan).OrderAsync());
        Assert.Equal("confirmed", order.Text("status"));

        Span[] spans = [];
        (string What, Func<Span, bool> Is)[] parts =
        [
            ("the request",
                s => s is { Service: "soonshop-api", Kind: SpanKind.Server } && s.Name.StartsWith("POST ", StringComparison.Ordinal)),
            ("the front end's call", s =>
                s is { Service: "soonshop-api", Kind: SpanKind.Client } && s.Name.StartsWith("IOrderGrain/", StringComparison.Ordinal)),
            ("the grain", s =>
                s is { Service: "soonshop-silo", Kind: SpanKind.Server } && s.Name.StartsWith("IOrderGrain/", StringComparison.Ordinal)),
            (
                "another grain", s => s is { Service: "soonshop-silo", Kind: SpanKind.Server }
                    && s.Name.StartsWith("IInventoryItemGrain/", StringComparison.Ordinal)),
            ("the storage", s => s is { Service: "soonshop-silo", Name: "commit batch", Kind: SpanKind.Client }),
            ("the payment", s => s is { Name: "payment create" } && s.Attributes["soonshop.payment.outcome"] == "captured"),
            (
                "the payment provider", s => s is { Service: "soonshop-silo", Name: "POST", Kind: SpanKind.Client }
                    && s.Attributes["url.full"].EndsWith("/v1/payment_intents", StringComparison.Ordinal)),
            ("the stream", s => s is { Name: "deliver order.confirmed", Kind: SpanKind.Consumer }),
            ("a handler", s =>
                s is { Name: "handle order.confirmed", Kind: SpanKind.Consumer } && s.Attributes["soonshop.handler"] == "notification"),
            ("what a handler leads to",
                s => s is { Service: "soonshop-silo", Name: "write storage" } && IsBelow(s, "handle order.confirmed", spans)),
        ];
        try
        {
            await Until.TrueAsync("the trace is complete", Limit, () =>
            {
                spans = shop.Collector.Of(trace);
                return Task.FromResult(parts.All(p => spans.Any(p.Is)) && Strays(spans).Length == 0);
            });
        }
        catch (TimeoutException e)
        {
            Assert.Fail($"{e.Message}. Missing: {string.Join(", ", parts.Where(p => !spans.Any(p.Is)).Select(p => p.What))}. Strays: "
                + $"{Text(Strays(spans))}. All: {Text(spans)}");
        }
        var first = Assert.Single(spans, s => s.ParentId == CallerSpan);
        Assert.Equal((SpanKind.Server, "soonshop-api"), (first.Kind, first.Service));
        // What a client sends along stays at the door.
        Assert.DoesNotContain(spans, s => s.Attributes.Any(a => a.Value.Contains("planted", StringComparison.Ordinal)));
        // The event table itself holds the context.
        Assert.Contains(
            trace, await shop.Shop.QueryAsync<string>(
                "select traceparent from event where type = 'order.confirmed' and data #>> '{order,orderId}' = $1", order.Text("id")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_trace_shows_nobodys_address()
    {
        var trace = $"{Guid.NewGuid():N}";
        var email = Make.Email();
        var stranger = ObservedShop.Traced(shop.Api, trace, CallerSpan);
        Expect.Status(201, await stranger.PostAsync("/auth/register", new { email, password = "correct horse" }));
        Expect.Status(401, await stranger.PostAsync("/auth/login", new { email, password = "wrong horse" }));
        await Until.TrueAsync("the calls of the account's grains are traced", Limit, () => Task.FromResult(
            shop.Collector.Of(trace) is var spans
                && spans.Any(s => s.Name.StartsWith("IEmailGrain/", StringComparison.Ordinal) && s.Kind == SpanKind.Server)
            && spans.Any(s => s.Name.StartsWith("IUserGrain/", StringComparison.Ordinal) && s.Kind == SpanKind.Server)));
        Assert.DoesNotContain(shop.Collector.Of(trace), s =>
            s.Attributes.Any(
                a => a.Value.Contains(email, StringComparison.OrdinalIgnoreCase) || a.Value.Contains("horse", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task who_watches_is_not_traced_and_finds_metrics_on_their_own_port_alone()
    {
        var metrics = await PrometheusText.ScrapeAsync(shop.ApiMetrics);
        Assert.Equal("soonshop-api", metrics.Of("target_info").Single().Labels["service_name"]);
        Assert.Equal(404, (int)(await shop.Api.GetAsync("//metrics")).Status);
        using var watcher = new HttpClient { BaseAddress = shop.ApiMetrics };
        using var health = await watcher.GetAsync("/health/live", TestContext.Current.CancellationToken);
        Assert.Equal(404, (int)health.StatusCode);
        await PrometheusText.ScrapeAsync(shop.Shop.SiloHttp);
        // Traces begin with requests and events, and with nothing that a process does by itself.
        var trace = $"{Guid.NewGuid():N}";
        await ObservedShop.Traced(shop.Api, trace, CallerSpan).GetAsync("/products?limit=1");
        await Until.TrueAsync(
            "a later request is traced", Limit, () => Task.FromResult(shop.Collector.Of(trace).Any(s => s.ParentId == CallerSpan)));
        Assert.DoesNotContain(shop.Collector.Spans, s =>
            s.Name.Contains("metrics", StringComparison.Ordinal)
            || s.Name.Contains("health", StringComparison.Ordinal)
            || s.Name.Contains("CatalogChangeBatch", StringComparison.Ordinal));
        Assert.DoesNotContain(shop.Collector.Spans, s => s.ParentId.Length == 0 && s.Kind is not (SpanKind.Server or SpanKind.Consumer));
    }

    /// <summary>True when a span with this name led to the span, directly or not.</summary>
    private static bool IsBelow(Span span, string name, Span[] spans)
    {
        for (var parent = span; parent is not null; parent = spans.FirstOrDefault(s => s.Id == parent.ParentId))
        {
            if (parent.Name == name)
                return true;
        }
        return false;
    }

    /// <summary>Spans whose parent is not there.</summary>
    private static Span[] Strays(Span[] spans)
    {
        var ids = spans.Select(s => s.Id).Append(CallerSpan).ToHashSet();
        return [.. spans.Where(s => !ids.Contains(s.ParentId))];
    }

    private static string Text(IEnumerable<Span> spans) => string.Join("; ", spans.Select(s => $"{s.Service} {s.Kind} {s.Name}"));
}
