using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.Silo.Http;

/// <summary>
/// The silo's own HTTP server, for those who watch: probes, Prometheus, the dashboard. It starts after the silo has joined the cluster, and ends
/// before it leaves.
/// </summary>
internal static class SiloHttp
{
    private const int MaxConnections = 200;
    private const int MaxRequestBytes = 1 << 20;
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Sets the server up.</summary>
    public static void AddSiloHttp(this WebApplicationBuilder builder, SiloOptions options)
    {
        if (options.HttpPort == 0)
        {
            builder.Services.AddSingleton<IServer, NoServer>();
            return;
        }
        var address = options.HttpAddress.Contains(':', StringComparison.Ordinal) ? $"[{options.HttpAddress}]" : options.HttpAddress;
        builder.WebHost.UseUrls($"http://{address}:{options.HttpPort.ToString(CultureInfo.InvariantCulture)}")
            // What images set for web applications: this one is told otherwise.
            .UseSetting(WebHostDefaults.HttpPortsKey, "").UseSetting(WebHostDefaults.HttpsPortsKey, "")
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxConcurrentConnections = MaxConnections;
                kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
            });
        builder.Services.AddHealthChecks()
            .AddCheck<ClusterCheck>("cluster", timeout: ProbeTimeout)
            .AddCheck<DatabaseCheck>("database", timeout: ProbeTimeout);
    }

    /// <summary>What is served.</summary>
    public static void UseSiloHttp(this WebApplication app, SiloOptions options)
    {
        if (options.HttpPort == 0)
            return;
        // Whoever reaches this port may read: it is for the operator's network alone.
        app.UseMetrics(_ => true);
        app.MapHealthChecks("/health/live", new() { Predicate = _ => false, ResponseWriter = WriteAsync }).DisableHttpMetrics();
        app.MapHealthChecks("/health/ready", new() { ResponseWriter = WriteAsync }).DisableHttpMetrics();
    }

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = MediaTypeNames.Application.Json;
        return JsonSerializer.SerializeAsync(
            context.Response.Body,
            new { status = Word(report.Status), checks = report.Entries.ToDictionary(e => e.Key, e => e.Value.Description ?? Word(e.Value.Status)) },
            cancellationToken: context.RequestAborted);
    }

    private static string Word(HealthStatus status) => status.ToString().ToLowerInvariant();
}
