using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using SoonShop.ServiceDefaults.Telemetry;
using SoonShop.Silo.Dashboard;
using SoonShop.Silo.Health;

namespace SoonShop.Silo.Http;

/// <summary>
/// The silo's own HTTP server for operators: probes, Prometheus and the dashboard. It starts before the silo joins the cluster and stops
/// after the silo has left, because operators watch most during joining and leaving.
/// </summary>
internal static class SiloHttp
{
    private const int MaxConnections = 200;
    private const int MaxRequestBytes = 1 << 20;
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Configures the server.</summary>
    public static void AddSiloHttp(this WebApplicationBuilder builder, SiloOptions options)
    {
        if (options.HttpPort == 0)
        {
            builder.Services.AddSingleton<IServer, NullServer>();
            return;
        }
        var address = options.HttpAddress.Contains(':', StringComparison.Ordinal) ? $"[{options.HttpAddress}]" : options.HttpAddress;
        builder.WebHost.UseUrls($"http://{address}:{options.HttpPort.ToString(CultureInfo.InvariantCulture)}")
            // Container images set these ports for web applications. This server ignores them.
            .UseSetting(WebHostDefaults.HttpPortsKey, "").UseSetting(WebHostDefaults.HttpsPortsKey, "")
            .ConfigureKestrel(kestrel =>
            {
                // Replaces the configuration section, because an environment shared with front ends may name the front ends' addresses.
                kestrel.Configure();
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxConcurrentConnections = MaxConnections;
                kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
            });
        builder.Host.ConfigureContainer<IServiceCollection>(StartFirst);
        builder.Services.AddSingleton<ClusterCheck>().AddHealthChecks()
            .AddCheck<ClusterCheck>("cluster", timeout: ProbeTimeout)
            .AddCheck<DatabaseCheck>("database", timeout: ProbeTimeout);
    }

    /// <summary>Maps the endpoints.</summary>
    public static void UseSiloHttp(this WebApplication app, SiloOptions options)
    {
        if (options.HttpPort == 0)
            return;
        // Everyone who reaches this port may read metrics: the port is for the operators' network only.
        app.UseMetrics(_ => true);
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments(DashboardHosting.Path)
                && !app.Services.GetRequiredService<ClusterCheck>().IsMember,
            outside => outside.Run(RefuseAsync));
        app.UseDashboard();
        app.MapHealthChecks("/health/live", new() { Predicate = _ => false, ResponseWriter = WriteAsync }).DisableHttpMetrics();
        app.MapHealthChecks("/health/ready", new() { ResponseWriter = WriteAsync }).DisableHttpMetrics();
    }

    /// <summary>
    /// Makes the server start first and stop last. Services start in order of registration, and by default the server comes last.
    /// </summary>
    private static void StartFirst(IServiceCollection services)
    {
        var server = services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType?.Name == "GenericWebHostService");
        services.Remove(server);
        services.Insert(0, server);
    }

    /// <summary>Rejects requests to the dashboard, because only a member of the cluster can call grains.</summary>
    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "5";
        return context.Response.WriteAsync(
            "This silo is not a member of the cluster now. Use another silo, or try again later.", context.RequestAborted);
    }

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = MediaTypeNames.Application.Json;
        return JsonSerializer.SerializeAsync(
            context.Response.Body,
            new
            {
                status = Word(report.Status),
                checks = report.Entries.ToDictionary(e => e.Key, e => e.Value.Description ?? Word(e.Value.Status)),
            },
            cancellationToken: context.RequestAborted);
    }

    private static string Word(HealthStatus status) => status.ToString().ToLowerInvariant();
}
