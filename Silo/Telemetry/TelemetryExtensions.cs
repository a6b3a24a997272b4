using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using SoonShop.Events;
using SoonShop.Payments;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.Silo.Telemetry;

/// <summary>Hosting of what a silo tells of the shop.</summary>
internal static class TelemetryExtensions
{
    /// <summary>The figures that only the database knows.</summary>
    public static IServiceCollection AddShopMetrics(this IServiceCollection services, TelemetryOptions options)
    {
        services.TryAddSingleton(options);
        return services.AddSingleton<ShopMetrics>().AddSingleton<DatabaseMetrics>().AddHostedService<MetricsCollector>().AddHostedService<LostSilos>();
    }

    /// <summary>Begins to measure, with everything that is to be seen as 0 before it first happens.</summary>
    public static void StartMetrics(this IHost silo)
    {
        silo.StartTelemetry();
        _ = silo.Services.GetRequiredService<BusinessMetrics>();
        _ = silo.Services.GetRequiredService<IPaymentProvider>();
    }
}
