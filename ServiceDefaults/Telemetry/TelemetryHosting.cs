using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>Registers metrics and traces of a process.</summary>
public static class TelemetryHosting
{
    /// <summary>Meters of .NET, Orleans and Npgsql.</summary>
    private static readonly string[] ForeignMeters =
        [
            "System.Runtime", "System.Net.Http", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.Orleans",
            "Npgsql",
        ];

    /// <summary>
    /// Activity sources besides HTTP requests. Of Orleans, only calls of the shop's grains and storage are included, because its internal
    /// calls do not belong to a request.
    /// </summary>
    private static readonly string[] ForeignSources =
    [
        "System.Net.Http", "Microsoft.Orleans.Application", "Microsoft.Orleans.Storage", "Npgsql",
    ];

    /// <summary>All meters and sources of the shop.</summary>
    private const string Own = "SoonShop.*";

    /// <summary>The source for calls to the payment provider. Its URLs contain no secrets and may be shown.</summary>
    public const string PaymentSource = "SoonShop.Payments";

    /// <summary>
    /// The time limit of an export, so that an unresponsive collector delays neither the next export nor the end of the process.
    /// </summary>
    private const int ExportTimeoutMs = 2000;

    /// <summary>Adds metrics and, if an OTLP endpoint is configured, traces.</summary>
    /// <param name="builder">The application builder.</param>
    /// <param name="service">Its name in metrics and traces.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="trustsCallers">False for untrusted callers: see <see cref="RootSampler"/>.</param>
    public static void AddShopTelemetry(this IHostApplicationBuilder builder, string service, TelemetryOptions options, bool trustsCallers)
    {
        builder.Services.AddSingleton(options).AddSingleton<ProcessMetrics>();
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                service, serviceVersion: Version, serviceInstanceId: $"{Environment.MachineName}:{Environment.ProcessId}"))
            .WithMetrics(metrics => metrics
                .AddMeter([Own, .. ForeignMeters])
                .AddView(MetricViews.Of)
                .AddPrometheusExporter(exporter => exporter.ScopeInfoEnabled = false));
        if (!options.Traces)
            return;
        Sdk.SetDefaultTextMapPropagator(new OpenTelemetry.Context.Propagation.TraceContextPropagator());
        // HttpClient uses this static property; ASP.NET Core and Orleans get the propagator from the services.
        DistributedContextPropagator.Current = new TraceContextPropagator();
        builder.Services.Replace(ServiceDescriptor.Singleton(DistributedContextPropagator.Current));
        builder.Services.AddHostedService<LastTraces>();
        telemetry.WithTracing(tracing => tracing
            .SetSampler(new RootSampler(options.TraceRatio, trustsCallers))
            .AddSource([Own, .. ForeignSources])
            .AddAspNetCoreInstrumentation(http => http.Filter = context => !IsWatching(context.Request.Path))
            .AddProcessor(new SpanRedaction())
            .AddOtlpExporter(exporter =>
            {
                exporter.TimeoutMilliseconds = ExportTimeoutMs;
                (exporter.Protocol, exporter.Endpoint) = options.OtlpProtocol == TraceProtocol.Http
                    ? (OtlpExportProtocol.HttpProtobuf, new Uri(options.OtlpEndpoint.TrimEnd('/') + "/v1/traces"))
                    : (OtlpExportProtocol.Grpc, new Uri(options.OtlpEndpoint));
            }));
    }

    /// <summary>Starts the metrics. Call it before anything else runs, because earlier measurements are lost.</summary>
    public static void StartTelemetry(this IHost host)
    {
        _ = host.Services.GetRequiredService<MeterProvider>();
        _ = host.Services.GetRequiredService<ProcessMetrics>();
        _ = host.Services.GetService<TracerProvider>();
    }

    /// <summary>The version of the program, from the build.</summary>
    public static string Version { get; } =
        Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>
    /// Exports the last traces after everything else has stopped, within the time of one export; the provider would wait longer.
    /// </summary>
    private sealed class LastTraces(TracerProvider traces) : IHostedLifecycleService
    {
        public Task StoppedAsync(CancellationToken cancellationToken) =>
            Task.Run(() => traces.Shutdown(ExportTimeoutMs), CancellationToken.None);

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>True for probes, scrapes and the dashboard, which need no traces.</summary>
    private static bool IsWatching(PathString path) =>
        path.StartsWithSegments("/health") || path.StartsWithSegments(MetricsEndpoint.Path) || path.StartsWithSegments("/dashboard");
}
