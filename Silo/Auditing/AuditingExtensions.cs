using Microsoft.Extensions.DependencyInjection;
using SoonShop.Auditing;

namespace SoonShop.Silo.Auditing;

/// <summary>Hosting of the audit log.</summary>
internal static class AuditingExtensions
{
    /// <summary>The audit log, and what counts failed attempts for it.</summary>
    public static IServiceCollection AddAuditing(this IServiceCollection services) => services
        .AddSingleton<AuditLog>()
        .AddSingleton<IAuditLog>(s => s.GetRequiredService<AuditLog>())
        .AddSingleton<AuditAggregator>()
        .AddSingleton<IAuditAggregator>(s => s.GetRequiredService<AuditAggregator>());
}
