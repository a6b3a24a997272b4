using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>Serves <c>/metrics</c>. Business metrics are for the operator only.</summary>
public static class MetricsEndpoint
{
    /// <summary>The path.</summary>
    public const string Path = "/metrics";

    /// <summary>Kestrel's default address.</summary>
    private const string DefaultUrl = "http://localhost:5000";

    /// <summary>Headers that proxies add to forwarded requests.</summary>
    private static readonly string[] ProxyHeaders = ["X-Forwarded-For", "X-Original-For", "X-Real-IP", "Forwarded", "Via"];

    /// <summary>Serves only metrics on a port of their own, if one is configured.</summary>
    public static void AddMetricsPort(this WebApplicationBuilder builder, TelemetryOptions options)
    {
        if (options.MetricsPort is not (var port and not 0))
            return;
        var address = options.MetricsAddress.Contains(':', StringComparison.Ordinal)
            ? $"[{options.MetricsAddress}]"
            : options.MetricsAddress;
        var url = $"http://{address}:{port.ToString(CultureInfo.InvariantCulture)}";
        if (builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
            builder.Configuration["Kestrel:Endpoints:Metrics:Url"] = url;
        else
            builder.WebHost.UseUrls([.. OwnUrls(key => builder.WebHost.GetSetting(key)), url])
                .UseSetting(WebHostDefaults.HttpPortsKey, "").UseSetting(WebHostDefaults.HttpsPortsKey, "");
        // Precedes the check of host names, because scrapers use IP addresses.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter>(new Separation(port)));
    }

    /// <summary>Returns what is wrong with the port, given the addresses that the process listens on.</summary>
    public static IEnumerable<string> Problems(IConfiguration configuration, TelemetryOptions options)
    {
        if (options.MetricsPort == 0)
            yield break;
        string?[] endpoints = [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(e => e["Url"])];
        if ((endpoints.Length > 0 ? endpoints : OwnUrls(key => configuration[key])).Any(url => PortOf(url) == options.MetricsPort))
            yield return $"Telemetry:MetricsPort is {options.MetricsPort}, on which the API listens; set Telemetry__MetricsPort to "
                + "another, or to 0 for the API's own address.";
    }

    /// <summary>
    /// Adds the endpoint to the pipeline, for callers that <paramref name="mayRead"/> allows. For all others the path does not exist.
    /// </summary>
    public static void UseMetrics(this IApplicationBuilder app, Func<HttpContext, bool> mayRead) =>
        app.UseOpenTelemetryPrometheusScrapingEndpoint(
            null, context => context.Request.Path == Path && mayRead(context), null, branch => branch.Use(Uncounted), null);

    /// <summary>
    /// True for requests from this machine without a proxy. Call it before forwarded headers are removed from the request.
    /// </summary>
    public static bool IsLocal(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !ProxyHeaders.Any(context.Request.Headers.ContainsKey);

    /// <summary>Excludes scrapes from the metrics.</summary>
    private static Task Uncounted(HttpContext context, RequestDelegate next)
    {
        context.Features.Get<IHttpMetricsTagsFeature>()?.MetricsDisabled = true;
        return next(context);
    }

    /// <summary>Returns the addresses that the process would listen on by default. Adding an address would replace them.</summary>
    private static string[] OwnUrls(Func<string, string?> setting)
    {
        if (setting(WebHostDefaults.ServerUrlsKey) is { Length: > 0 } urls)
            return urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] ports = [.. Ports(WebHostDefaults.HttpPortsKey, "http"), .. Ports(WebHostDefaults.HttpsPortsKey, "https")];
        return ports.Length > 0 ? ports : [DefaultUrl];

        IEnumerable<string> Ports(string key, string scheme) =>
            (setting(key) ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(p =>
                $"{scheme}://*:{p}");
    }

    /// <summary>Returns the port of a URL; null for an invalid URL, which Kestrel reports itself.</summary>
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

    /// <summary>Serves nothing else on the metrics port, and no metrics on other ports.</summary>
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
