using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.Payments;

namespace SoonShop.ApiFrontend.Payments;

/// <summary>
/// Webhooks of the payment provider. The front end only forwards the unchanged bytes, because only the cluster has the secrets.
/// </summary>
internal static class PaymentWebhooksApi
{
    private const string Signature = "Stripe-Signature";

    public static void MapPaymentWebhooks(this IEndpointRouteBuilder api) => api.MapPost("/webhooks/stripe", AcceptAsync)
        .WithTags("Payments").ForProvider().WithMetadata(new RawBody()).LimitRate(RateClass.Webhooks).Admit(AdmissionClass.Priority)
        .WithName("acceptStripeEvent").WithSummary("Receive a webhook from Stripe")
        .AcceptsHeader(Signature, "Stripe's signature of the body.", "t=1767225600,v1=5257a869e7").ProducesProblems(ErrorCode.NotFound);

    private static async Task<Results<Ok, Problem>> AcceptAsync(HttpContext context, IClusterClient cluster)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var answer = await cluster.GetGrain<IPaymentWebhookGrain>(WorkerKeys.Next()).AcceptAsync(body.ToArray(), context.Request.Headers[Signature].ToString());
        return answer.IsError ? new Problem(answer.Error) : TypedResults.Ok();
    }
}
