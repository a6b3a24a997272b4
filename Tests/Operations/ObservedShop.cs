using System.Text.Json.Nodes;
using SoonShop.Tests.Api;
using SoonShop.Tests.Payments;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>
/// A shop that is watched: every request traced, metrics on a port of their own, payments through a test server that behaves like Stripe.
/// </summary>
public sealed class ObservedShop : IAsyncLifetime
{
    private StripeShop? shop;
    private ShopProcess? frontEnd;

    internal TraceCollector Collector { get; private set; } = null!;

    internal Shop Shop => shop!.Shop;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    /// <summary>Where the front end serves its metrics, and nothing else.</summary>
    internal Uri ApiMetrics { get; } = new($"http://127.0.0.1:{TcpPort.Free()}");

    public async ValueTask InitializeAsync()
    {
        Collector = await TraceCollector.StartAsync();
        shop = await StripeShop.CreateAsync(
            o => o.Webhooks.Clear(), ("Silo__HttpPort", $"{TcpPort.Free()}"), ("Telemetry__OtlpEndpoint", Collector.Url),
            ("Telemetry__OtlpProtocol", "Http"), ("Telemetry__TraceRatio", "1"), ("Telemetry__MetricsPort", $"{ApiMetrics.Port}"),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"), ("OTEL_BSP_MAX_QUEUE_SIZE", "65536"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "60000"),
            ("Logging__LogLevel__SoonShop", "Debug"));
        await Shop.StartSiloProcessAsync();
        (Api, frontEnd) = await Shop.StartApiProcessAsync();
        Admin = await Api.AsAdminAsync();
    }

    /// <summary>The lines of a process; all of them must be JSON.</summary>
    internal JsonObject[] LinesOfSilo => Lines(Shop.Silo);

    /// <inheritdoc cref="LinesOfSilo"/>
    internal JsonObject[] LinesOfApi => Lines(frontEnd!);

    /// <summary>A client whose requests belong to a trace of the caller's choice.</summary>
    internal static ApiClient Traced(ApiClient client, string traceId, string spanId)
    {
        var http = new HttpClient { BaseAddress = client.Http.BaseAddress, Timeout = client.Http.Timeout };
        http.DefaultRequestHeaders.Add("traceparent", $"00-{traceId}-{spanId}-01");
        // What is not to travel with it.
        http.DefaultRequestHeaders.Add("baggage", $"planted={Make.Word()}");
        return client with { Http = http };
    }

    public async ValueTask DisposeAsync()
    {
        if (shop is not null)
            await shop.DisposeAsync();
        await Collector.DisposeAsync();
    }

    private static JsonObject[] Lines(ShopProcess process) =>
        [.. process.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Line)];

    /// <summary>What is no JSON, as of the runtime on the standard error, stands where everything is looked for.</summary>
    private static JsonObject Line(string line)
    {
        try
        {
            return JsonNode.Parse(line)!.AsObject();
        }
        catch (System.Text.Json.JsonException)
        {
            return new JsonObject { ["message"] = line };
        }
    }
}

/// <summary>The tests of this collection share a watched shop.</summary>
[CollectionDefinition(nameof(ObservedShop))]
public sealed class ObservedShopCollection : ICollectionFixture<ObservedShop>;
