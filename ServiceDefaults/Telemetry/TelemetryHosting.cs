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

/// <summary>Metrics and traces of a process.</summary>
public static class TelemetryHosting
{
    /// <summary>What only .NET, Orleans and Npgsql know of a process.</summary>
    private static readonly string[] ForeignMeters =
        ["System.Runtime", "System.Net.Http", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.Orleans", "Npgsql"];

    /// <summary>
    /// What makes spans, besides HTTP requests. Of Orleans only calls of the shop's own grains and the storage: what its runtime does with itself is
    /// no part of a request.
    /// </summary>
    private static readonly string[] ForeignSources = ["System.Net.Http", "Microsoft.Orleans.Application", "Microsoft.Orleans.Storage", "Npgsql"];

    /// <summary>Everything of the shop's own.</summary>
    private const string Own = "SoonShop.*";

    /// <summary>What traces calls of the payment provider, whose addresses may be shown: there is no secret in them.</summary>
    public const string PaymentSource = "SoonShop.Payments";

    /// <summary>A collector that does not answer holds up neither what is sent next nor the end of the process.</summary>
    private const int ExportTimeoutMs = 2000;

    /// <summary>Measures the process, and traces what it does where an OTLP endpoint is configured.</summary>
    /// <param name="builder">The process.</param>
    /// <param name="service">Its name in metrics and traces.</param>
    /// <param name="options">What is configured.</param>
    /// <param name="trustsCallers">False where strangers call: see <see cref="RootSampler"/>.</param>
    public static void AddShopTelemetry(this IHostApplicationBuilder builder, string service, TelemetryOptions options, bool trustsCallers)
    {
        builder.Services.AddSingleton(options).AddSingleton<ProcessMetrics>();
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(service, serviceVersion: Version, serviceInstanceId: $"{Environment.MachineName}:{Environment.ProcessId}"))
            .WithMetrics(metrics => metrics
                .AddMeter([Own, .. ForeignMeters])
                .AddView(MetricViews.Of)
                .AddPrometheusExporter(exporter => exporter.ScopeInfoEnabled = false));
        if (!options.Traces)
            return;
        Sdk.SetDefaultTextMapPropagator(new OpenTelemetry.Context.Propagation.TraceContextPropagator());
        // For HttpClient; ASP.NET Core and Orleans take theirs from the services.
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

    /// <summary>Begins to measure. Before anything else of the process runs: what is counted earlier is not seen.</summary>
    public static void StartTelemetry(this IHost host)
    {
        _ = host.Services.GetRequiredService<MeterProvider>();
        _ = host.Services.GetRequiredService<ProcessMetrics>();
        _ = host.Services.GetService<TracerProvider>();
    }

    /// <summary>The version of the program, as its build says.</summary>
    public static string Version { get; } =
        Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Sends what is left once all else has stopped, for no longer than one attempt: by itself the provider would wait longer.</summary>
    private sealed class LastTraces(TracerProvider traces) : IHostedLifecycleService
    {
        public Task StoppedAsync(CancellationToken cancellationToken) => Task.Run(() => traces.Shutdown(ExportTimeoutMs), CancellationToken.None);

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Probes, scrapes and the dashboard: requests of those who watch, of which nobody wants a trace.</summary>
    private static bool IsWatching(PathString path) =>
        path.StartsWithSegments("/health") || path.StartsWithSegments(MetricsEndpoint.Path) || path.StartsWithSegments("/dashboard");
}
