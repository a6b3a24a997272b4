using Microsoft.Extensions.DependencyInjection;

namespace SoonShop.Silo.Integrity;

/// <summary>Hosting of the integrity check.</summary>
internal static class IntegrityHosting
{
    public static IServiceCollection AddIntegrityCheck(this IServiceCollection services, SiloConfiguration configuration) => services
        .AddSingleton(_ => IntegrityChecker.Of(configuration))
        .AddSingleton<IntegrityLease>()
        .AddSingleton(s => ActivatorUtilities.CreateInstance<IntegrityMetrics>(s, configuration.Integrity))
        .AddSingleton(s => ActivatorUtilities.CreateInstance<IntegrityService>(s, configuration));
}
