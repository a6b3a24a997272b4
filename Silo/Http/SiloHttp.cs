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

namespace SoonShop.Silo.Http;

/// <summary>
/// The silo's own HTTP server, for those who watch: probes, Prometheus, the dashboard. It starts before the silo joins the cluster, and ends
/// after it has left: joining and leaving are when it is watched most.
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
            builder.Services.AddSingleton<IServer, NullServer>();
            return;
        }
        var address = options.HttpAddress.Contains(':', StringComparison.Ordinal) ? $"[{options.HttpAddress}]" : options.HttpAddress;
        builder.WebHost.UseUrls($"http://{address}:{options.HttpPort.ToString(CultureInfo.InvariantCulture)}")
            // What images set for web applications: this one is told otherwise.
            .UseSetting(WebHostDefaults.HttpPortsKey, "").UseSetting(WebHostDefaults.HttpsPortsKey, "")
            .ConfigureKestrel(kestrel =>
            {
                // An environment that silos and front ends share may say where front ends listen.
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

    /// <summary>What is served.</summary>
    public static void UseSiloHttp(this WebApplication app, SiloOptions options)
    {
        if (options.HttpPort == 0)
            return;
        // Whoever reaches this port may read: it is for the operator's network alone.
        app.UseMetrics(_ => true);
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments(DashboardHosting.Path) && !app.Services.GetRequiredService<ClusterCheck>().IsMember,
            outside => outside.Run(RefuseAsync));
        app.UseDashboard();
        app.MapHealthChecks("/health/live", new() { Predicate = _ => false, ResponseWriter = WriteAsync }).DisableHttpMetrics();
        app.MapHealthChecks("/health/ready", new() { ResponseWriter = WriteAsync }).DisableHttpMetrics();
    }

    /// <summary>Services start in their order and stop in the opposite one; by default the server comes last.</summary>
    private static void StartFirst(IServiceCollection services)
    {
        var server = services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType?.Name == "GenericWebHostService");
        services.Remove(server);
        services.Insert(0, server);
    }

    /// <summary>The dashboard asks grains, which only a member of the cluster can.</summary>
    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "5";
        return context.Response.WriteAsync("This silo is no member of the cluster now: ask another, or later.", context.RequestAborted);
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
