using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Auditing;

namespace SoonShop.ApiFrontend.Auditing;

/// <summary>The audit log, for administrators.</summary>
internal static class AdminAuditApi
{
    public static void MapAdminAudit(this IEndpointRouteBuilder admin) => admin.MapGet("/audit-log", ListAsync)
        .WithTags("Admin: audit log").ForAdministrators("audit")
        .WithName("listAuditLog").WithSummary("List the audit log, newest first");

    private static async Task<Results<Ok<Page<AuditEntry>>, Problem>> ListAsync(
        IClusterClient cluster, [TextLength(100), CleanText] string? actor, [TextLength(100), CleanText] string? action,
        [TextLength(200), CleanText] string? subject,
        [EnumValue<AuditOutcome>] string? outcome, [StartTime] string? from, [EndTime] string? to, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await cluster.GetGrain<IAuditGrain>(0).ListAsync(
            new AuditFilter(actor, action, subject, EnumQuery.Read<AuditOutcome>(outcome), Times.ReadStart(from), Times.ReadEnd(to)),
            new PageRequest(limit, cursor))).Ok();
}
