using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.Payments;

namespace SoonShop.ApiFrontend.Payments;

/// <summary>Payments, and the customer's authentication at the simulated provider.</summary>
internal static class PaymentsApi
{
    public static void MapPayments(this IEndpointRouteBuilder api)
    {
        var routes = api.MapGroup("").WithTags("Payments").ForCustomersAndGuests().TakesOrderToken();
        routes.MapGet("/payments/{id:guid}", GetAsync)
            .WithName("getPayment").WithSummary("Get a payment").ForCustomersAndGuests("payments");
        routes.MapPost("/simulated-payments/{paymentId:guid}/authenticate", AuthenticateAsync).Admit(AdmissionClass.Payments)
            .WithName("authenticatePayment")
            .WithSummary("Complete 3-D Secure (simulated provider only)").ProducesProblems(ErrorCode.InvalidOrderState);
    }

    private static async Task<Results<Ok<Payment>, Problem>> GetAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IPaymentGrain>(id).GetAsync(context.Caller())).Ok();

    private static async Task<Results<Ok<Payment>, Problem>> AuthenticateAsync(
        Guid paymentId, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<ISimulatedPaymentsGrain>(0).AuthenticateAsync(context.Caller(), paymentId)).Ok();
}
