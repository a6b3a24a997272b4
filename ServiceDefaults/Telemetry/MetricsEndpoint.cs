using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>Where <c>/metrics</c> is served: figures of the business are nobody's but the operator's.</summary>
public static class MetricsEndpoint
{
    /// <summary>The path.</summary>
    public const string Path = "/metrics";

    /// <summary>What Kestrel listens on when nothing is said.</summary>
    private const string DefaultUrl = "http://localhost:5000";

    /// <summary>What proxies add to the requests that they hand on.</summary>
    private static readonly string[] ProxyHeaders = ["X-Forwarded-For", "X-Original-For", "X-Real-IP", "Forwarded", "Via"];

    /// <summary>Serves metrics, and nothing else, on a port of their own, if one is configured.</summary>
    public static void AddMetricsPort(this WebApplicationBuilder builder, TelemetryOptions options)
    {
        if (options.MetricsPort is not (var port and not 0))
            return;
        var address = options.MetricsAddress.Contains(':', StringComparison.Ordinal) ? $"[{options.MetricsAddress}]" : options.MetricsAddress;
        var url = $"http://{address}:{port.ToString(CultureInfo.InvariantCulture)}";
        if (builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
            builder.Configuration["Kestrel:Endpoints:Metrics:Url"] = url;
        else
            builder.WebHost.UseUrls([.. OwnUrls(key => builder.WebHost.GetSetting(key)), url]).UseSetting(WebHostDefaults.HttpPortsKey, "").UseSetting(WebHostDefaults.HttpsPortsKey, "");
        // First of all, before the check of host names: those who scrape come by address.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter>(new Separation(port)));
    }

    /// <summary>What is wrong with the port, as the process is told to listen.</summary>
    public static IEnumerable<string> Problems(IConfiguration configuration, TelemetryOptions options)
    {
        if (options.MetricsPort == 0)
            yield break;
        string?[] endpoints = [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(e => e["Url"])];
        if ((endpoints.Length > 0 ? endpoints : OwnUrls(key => configuration[key])).Any(url => PortOf(url) == options.MetricsPort))
            yield return $"Telemetry:MetricsPort is {options.MetricsPort}, on which the API listens; set Telemetry__MetricsPort to another, or to 0 for the API's own address.";
    }

    /// <summary>Serves metrics at the place in the pipeline, to whom <paramref name="mayRead"/> lets; to everybody else there is no such path.</summary>
    public static void UseMetrics(this IApplicationBuilder app, Func<HttpContext, bool> mayRead) => app.UseOpenTelemetryPrometheusScrapingEndpoint(
        null, context => context.Request.Path == Path && mayRead(context), null, branch => branch.Use(Uncounted), null);

    /// <summary>True for requests of this machine that no proxy hands on. To be asked before what proxies say is taken off the request.</summary>
    public static bool IsLocal(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !ProxyHeaders.Any(context.Request.Headers.ContainsKey);

    /// <summary>Those who watch are no part of what they watch.</summary>
    private static Task Uncounted(HttpContext context, RequestDelegate next)
    {
        context.Features.Get<IHttpMetricsTagsFeature>()?.MetricsDisabled = true;
        return next(context);
    }

    /// <summary>What the process listens on without this; naming one more address would take it away.</summary>
    private static string[] OwnUrls(Func<string, string?> setting)
    {
        if (setting(WebHostDefaults.ServerUrlsKey) is { Length: > 0 } urls)
            return urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] ports = [.. Ports(WebHostDefaults.HttpPortsKey, "http"), .. Ports(WebHostDefaults.HttpsPortsKey, "https")];
        return ports.Length > 0 ? ports : [DefaultUrl];

        IEnumerable<string> Ports(string key, string scheme) =>
            (setting(key) ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(p => $"{scheme}://*:{p}");
    }

    /// <summary>Null for what is no address: Kestrel says so itself.</summary>
    private static int? PortOf(string? url)
    {
        try
        {
            return url is null ? null : BindingAddress.Parse(url).Port;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>On the port of the metrics there is nothing else, and nowhere else are they.</summary>
    private sealed class Separation(int port) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.MapWhen(context => context.Connection.LocalPort == port, branch =>
            {
                branch.Use(Uncounted);
                branch.UseMetrics(_ => true);
                branch.Run(context =>
                {
                    context.Response.StatusCode = StatusCodes.Status404NotFound;
                    return Task.CompletedTask;
                });
            });
            next(app);
        };
    }
}
