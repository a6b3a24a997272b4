using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ServiceDefaults.Logging;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.ApiFrontend.Telemetry;

/// <summary>Registers the front end's telemetry.</summary>
internal static class FrontendTelemetry
{
    /// <summary>The service name in metrics, traces and logs.</summary>
    private const string Service = "soonshop-api";

    /// <summary>Adds logs, metrics and traces. The callers are untrusted, so they cannot decide which requests are traced.</summary>
    public static void AddFrontendTelemetry(this WebApplicationBuilder builder, TelemetryOptions options)
    {
        builder.Services.AddSingleton<ILogActor, RequestActor>();
        builder.AddShopLogging(Service, options);
        builder.AddShopTelemetry(Service, options, trustsCallers: false);
        builder.AddMetricsPort(options);
    }

    /// <summary>
    /// Returns the caller, also after the authenticated part of the pipeline has ended, because errors are logged further out.
    /// </summary>
    private sealed class RequestActor(IHttpContextAccessor accessor) : ILogActor
    {
        public string? Current =>
            accessor.HttpContext is { User.Identity.IsAuthenticated: true } context ? context.Actor() : CallBudget.Current?.Origin?.Actor;
    }
}
