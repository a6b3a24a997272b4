using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.ServiceDefaults.Telemetry;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>However a front end is told where to listen, its metrics have a port of their own and take nothing away.</summary>
public sealed class MetricsEndpointTests
{
    [Theory]
    [InlineData("urls")]
    [InlineData("http_ports")]
    [InlineData("Kestrel:Endpoints:Http:Url")]
    public async Task metrics_have_a_port_of_their_own(string setting)
    {
        var (own, metrics) = (TcpPort.Free(), TcpPort.Free());
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.ClearProviders();
        var value = setting == "http_ports" ? $"{own}" : $"http://127.0.0.1:{own}";
        if (setting.StartsWith("Kestrel", StringComparison.Ordinal))
            builder.Configuration[setting] = value;
        else
            builder.WebHost.UseSetting(setting, value);
        // Who scrapes comes by address, and is no visitor of the shop's.
        builder.Configuration["AllowedHosts"] = "shop.example";
        var options = new TelemetryOptions { MetricsPort = metrics };
        builder.AddShopTelemetry("test", options, trustsCallers: false);
        builder.AddMetricsPort(options);
        await using var app = builder.Build();
        app.StartTelemetry();
        app.MapGet("/", () => "shop");
        await app.StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            "test", (await PrometheusText.ScrapeAsync(new Uri($"http://127.0.0.1:{metrics}"))).Of("target_info")
                .Single().Labels["service_name"]);
        Assert.Equal(
            (200, 404, 404, 400), (
                await AskAsync(own, "/", "shop.example"), await AskAsync(own, "/metrics", "shop.example"),
                await AskAsync(metrics, "/", "shop.example"), await AskAsync(own, "/", null)));
        // A name that leads to the port of the metrics is not the port.
        Assert.Equal(400, await AskAsync(own, "/metrics", $"127.0.0.1:{metrics}"));
    }

    [Theory]
    [InlineData("urls", "http://+:8080;https://+:9464", true)]
    [InlineData("http_ports", "9464", true)]
    [InlineData("Kestrel:Endpoints:Http:Url", "http://127.0.0.1:9464", true)]
    [InlineData("urls", "http://+:8080", false)]
    [InlineData("urls", "nonsense", false)]
    public void the_port_must_be_its_own(string setting, string value, bool isRefused)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(setting, value)]).Build();
        Assert.Equal(
            isRefused, MetricsEndpoint.Problems(configuration, new() { MetricsPort = 9464 }).Any(p =>
                p.Contains("Telemetry__MetricsPort", StringComparison.Ordinal)));
        Assert.Empty(MetricsEndpoint.Problems(configuration, new()));
    }

    [Theory]
    [InlineData("http://collector:4317", true)]
    [InlineData("http://collector:4318/", true)]
    [InlineData("http://collector:4318/v1/traces", false)]
    [InlineData("http://user:hunter2@collector:4318", false)]
    [InlineData("http://collector:4318?x=1", false)]
    public void traces_go_to_an_endpoint_and_nothing_more(string endpoint, bool isTaken)
    {
        var problems = new TelemetryOptions { OtlpEndpoint = endpoint }.Problems().ToList();
        Assert.Equal(isTaken ? 0 : 1, problems.Count);
        Assert.DoesNotContain(problems, p => p.Contains("hunter2", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1", null, true)]
    [InlineData("::1", null, true)]
    [InlineData("127.0.0.1", "X-Forwarded-For", false)]
    [InlineData("127.0.0.1", "Forwarded", false)]
    [InlineData("127.0.0.1", "X-Original-For", false)]
    [InlineData("127.0.0.1", "X-Real-IP", false)]
    [InlineData("127.0.0.1", "Via", false)]
    [InlineData("192.0.2.1", null, false)]
    public void only_this_machine_is_local(string address, string? header, bool isLocal)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = System.Net.IPAddress.Parse(address);
        if (header is not null)
            context.Request.Headers[header] = "for=192.0.2.1";
        Assert.Equal(isLocal, MetricsEndpoint.IsLocal(context));
    }

    private static async Task<int> AskAsync(int port, string path, string? host)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = host;
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }
}
