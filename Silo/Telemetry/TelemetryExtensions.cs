using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using SoonShop.Events;
using SoonShop.Payments;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.Silo.Telemetry;

/// <summary>Registers the silo's metrics of the shop.</summary>
internal static class TelemetryExtensions
{
    /// <summary>Adds the metrics that only the database has.</summary>
    public static IServiceCollection AddShopMetrics(this IServiceCollection services, TelemetryOptions options)
    {
        services.TryAddSingleton(options);
        return services.AddSingleton<ShopMetrics>()
            .AddSingleton<DatabaseMetrics>().AddHostedService<MetricsCollector>().AddHostedService<LostSilos>();
    }

    /// <summary>Starts the meters, so that counters export 0 before their first event.</summary>
    public static void StartMetrics(this IHost silo)
    {
        silo.StartTelemetry();
        _ = silo.Services.GetRequiredService<BusinessMetrics>();
        _ = silo.Services.GetRequiredService<IPaymentProvider>();
    }
}
