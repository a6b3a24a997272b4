using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.Payments;
using SoonShop.ServiceDefaults;

namespace SoonShop.ApiFrontend.Payments;

/// <summary>
/// Webhooks of payment providers. The front end only forwards the headers and the unchanged bytes, because only the cluster knows the
/// provider and its secrets.
/// </summary>
internal static class PaymentWebhooksApi
{
    private const string Stripe = "stripe";
    private const string StripeSignature = "Stripe-Signature";

    public static void MapPaymentWebhooks(this IEndpointRouteBuilder api)
    {
        // Each provider documents its own webhooks. Only Stripe's have been in the API document.
        Map("/webhooks/{provider}", AcceptAsync).ExcludeFromDescription();
        Map($"/webhooks/{Stripe}", (HttpContext context, IClusterClient cluster) => AcceptAsync(Stripe, context, cluster))
            .WithName("acceptStripeEvent").WithSummary("Receive a webhook from Stripe")
            .AcceptsHeader(StripeSignature, "Stripe's signature of the body.", "t=1767225600,v1=5257a869e7")
            .ProducesProblems(ErrorCode.NotFound);

        RouteHandlerBuilder Map(string pattern, Delegate handler) => api.MapPost(pattern, handler)
            .WithTags("Payments").ForProvider().WithMetadata(new RawBody()).LimitRate(RateClass.Webhooks).Admit(AdmissionClass.Priority);
    }

    private static async Task<Results<Ok, Problem>> AcceptAsync(string provider, HttpContext context, IClusterClient cluster)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = context.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString());
        var webhook = new ProviderWebhook(provider, body.ToArray(), headers);
        var grain = cluster.GetGrain<IPaymentWebhookGrain>(WorkerKeys.Next());
        Result<Done> answer;
        try
        {
            answer = await grain.ReceiveAsync(webhook);
        }
        // A silo of the last version accepts Stripe's webhooks in this way only. Kept for one release.
        catch (TypeLoadException e) when (OtherVersions.LackMethod(e) && provider.Equals(Stripe, StringComparison.OrdinalIgnoreCase))
        {
            answer = await grain.AcceptAsync(webhook.Body, webhook.Header(StripeSignature));
        }
        return answer.IsError ? new Problem(answer.Error) : TypedResults.Ok();
    }
}
