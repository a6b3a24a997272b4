using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SoonShop.Silo.Integrity;

/// <summary>Hosting of the audit.</summary>
internal static class IntegrityHosting
{
    public static IServiceCollection AddIntegrityAudit(this IServiceCollection services, SiloConfiguration configuration) => services
        .AddSingleton(Options.Create(configuration.Audit))
        .AddSingleton(configuration.Database)
        .AddSingleton(_ => IntegrityAudit.Of(configuration))
        .AddSingleton<AuditTurn>()
        .AddSingleton<IntegrityMetrics>();
}
