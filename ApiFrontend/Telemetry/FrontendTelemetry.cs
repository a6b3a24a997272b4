using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ServiceDefaults.Logging;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.ApiFrontend.Telemetry;

/// <summary>What a front end tells of itself.</summary>
internal static class FrontendTelemetry
{
    /// <summary>The name in metrics, traces and logs.</summary>
    private const string Service = "soonshop-api";

    /// <summary>Logs, metrics and traces. Strangers call here: which of their requests are traced is not theirs to say.</summary>
    public static void AddFrontendTelemetry(this WebApplicationBuilder builder, TelemetryOptions options)
    {
        builder.Services.AddSingleton<ILogActor, RequestActor>();
        builder.AddShopLogging(Service, options);
        builder.AddShopTelemetry(Service, options, trustsCallers: false);
        builder.AddMetricsPort(options);
    }

    /// <summary>Who sent the request, also where what followed authentication has been left: an error is logged further out.</summary>
    private sealed class RequestActor(IHttpContextAccessor accessor) : ILogActor
    {
        public string? Current =>
            accessor.HttpContext is { User.Identity.IsAuthenticated: true } context ? context.Actor() : CallBudget.Current?.Origin?.Actor;
    }
}
