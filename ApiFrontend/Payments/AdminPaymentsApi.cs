using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Payments;

namespace SoonShop.ApiFrontend.Payments;

/// <summary>Discrepancies between the shop's payments and the provider's, for administrators.</summary>
internal static class AdminPaymentsApi
{
    public static void MapAdminPayments(this IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup("/payments").WithTags("Admin: payments").ForAdministrators("payments");
        admin.MapGet("/discrepancies", ListAsync)
            .WithName("listPaymentDiscrepancies").WithSummary("List payment discrepancies, last seen first");
        admin.MapGet("/reconciliation", GetStatusAsync).WithName("getReconciliation").WithSummary("Get the state of reconciliation");
        admin.MapPost("/reconcile", RequestAsync).WithName("reconcilePayments").WithSummary("Start reconciliation");
    }

    private static async Task<Results<Ok<Page<PaymentDiscrepancy>>, Problem>> ListAsync(
        IClusterClient cluster,
        bool? resolved,
        [EnumValue<DiscrepancyKind>] string? kind,
        [StartTime] string? from,
        [EndTime] string? to,
        [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await Reconciliation(cluster).ListAsync(
            new DiscrepancyFilter(resolved, EnumQuery.Read<DiscrepancyKind>(kind), Times.ReadStart(from), Times.ReadEnd(to)),
            new PageRequest(limit, cursor))).Ok();

    private static async Task<Ok<ReconciliationStatus>> GetStatusAsync(IClusterClient cluster) =>
        TypedResults.Ok(await Reconciliation(cluster).GetStatusAsync());

    private static async Task<Accepted<ReconciliationStatus>> RequestAsync(HttpContext context, IClusterClient cluster) =>
        TypedResults.Accepted("/api/v1/admin/payments/reconciliation", await Reconciliation(cluster).RequestAsync(context.Actor()));

    private static IReconciliationGrain Reconciliation(IClusterClient cluster) => cluster.GetGrain<IReconciliationGrain>(0);
}
