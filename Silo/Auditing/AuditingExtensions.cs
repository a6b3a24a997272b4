using Microsoft.Extensions.DependencyInjection;
using SoonShop.Auditing;

namespace SoonShop.Silo.Auditing;

/// <summary>Registers the audit log.</summary>
internal static class AuditingExtensions
{
    /// <summary>Adds the audit log and the aggregation of failed attempts.</summary>
    public static IServiceCollection AddAuditing(this IServiceCollection services) => services
        .AddSingleton<AuditLog>()
        .AddSingleton<IAuditLog>(s => s.GetRequiredService<AuditLog>())
        .AddSingleton<AuditAggregator>()
        .AddSingleton<IAuditAggregator>(s => s.GetRequiredService<AuditAggregator>());
}
