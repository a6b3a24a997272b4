using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>Where <c>/metrics</c> is served: figures of the business are nobody's but the operator's.</summary>
public static class MetricsEndpoint
{
    /// <summary>The path.</summary>
    public const string Path = "/metrics";

    /// <summary>What Kestrel listens on when nothing is said.</summary>
    private const string DefaultUrl = "http://localhost:5000";

    /// <summary>Serves metrics, and nothing else, on a port of their own; 0 for none.</summary>
    public static void AddMetricsPort(this WebApplicationBuilder builder, int port)
    {
        if (port == 0)
            return;
        var url = $"http://*:{port.ToString(CultureInfo.InvariantCulture)}";
        if (builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
            builder.Configuration["Kestrel:Endpoints:Metrics:Url"] = url;
        else
            builder.WebHost.UseUrls([.. OwnUrls(builder), url]).UseSetting(WebHostDefaults.HttpPortsKey, "").UseSetting(WebHostDefaults.HttpsPortsKey, "");
        // First of all, before the check of host names: those who scrape come by address.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter>(new Separation(port)));
    }

    /// <summary>Serves metrics at the place in the pipeline, to whom <paramref name="mayRead"/> lets; to everybody else there is no such path.</summary>
    public static void UseMetrics(this IApplicationBuilder app, Func<HttpContext, bool> mayRead) => app.UseOpenTelemetryPrometheusScrapingEndpoint(
        null, context => context.Request.Path == Path && mayRead(context), null, branch => branch.Use(Uncounted), null);

    /// <summary>True for requests of this machine that no proxy hands on.</summary>
    public static bool IsLocal(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !context.Request.Headers.ContainsKey("X-Forwarded-For") && !context.Request.Headers.ContainsKey("Forwarded");

    /// <summary>Those who watch are no part of what they watch.</summary>
    private static Task Uncounted(HttpContext context, RequestDelegate next)
    {
        context.Features.Get<IHttpMetricsTagsFeature>()?.MetricsDisabled = true;
        return next(context);
    }

    /// <summary>What the process listens on without this; naming one more address would take it away.</summary>
    private static string[] OwnUrls(WebApplicationBuilder builder)
    {
        var host = builder.WebHost;
        if (host.GetSetting(WebHostDefaults.ServerUrlsKey) is { Length: > 0 } urls)
            return urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] ports = [.. Ports(WebHostDefaults.HttpPortsKey, "http"), .. Ports(WebHostDefaults.HttpsPortsKey, "https")];
        return ports.Length > 0 ? ports : [DefaultUrl];

        IEnumerable<string> Ports(string key, string scheme) =>
            (host.GetSetting(key) ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(p => $"{scheme}://*:{p}");
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
