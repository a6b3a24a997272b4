using Microsoft.Extensions.DependencyInjection;

namespace SoonShop.Silo.Integrity;

/// <summary>Hosting of the audit.</summary>
internal static class IntegrityHosting
{
    public static IServiceCollection AddIntegrityAudit(this IServiceCollection services, SiloConfiguration configuration) => services
        .AddSingleton(_ => IntegrityAudit.Of(configuration))
        .AddSingleton<AuditTurn>()
        .AddSingleton(s => ActivatorUtilities.CreateInstance<IntegrityMetrics>(s, configuration.Audit))
        .AddSingleton(s => ActivatorUtilities.CreateInstance<AuditService>(s, configuration));
}
