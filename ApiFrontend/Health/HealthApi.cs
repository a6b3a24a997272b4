using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;

namespace SoonShop.ApiFrontend.Health;

/// <summary>Whether this process lives, and whether it can serve.</summary>
internal static class HealthApi
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        var health = app.MapGroup("/health").WithTags("Service").ForAnyone().WithoutRateLimit().Admit(AdmissionClass.Free);
        health.DisableRequestTimeout();
        health.MapGet("/live", () => TypedResults.Ok(new HealthAnswer("live"))).WithName("getLiveness").WithSummary("This process runs");
        health.MapGet("/ready", ReadyAsync).WithName("getReadiness").WithSummary("Cluster and database answer").Refuses(RefusalCode.Unavailable);
    }

    private static async Task<Results<Ok<HealthAnswer>, Problem>> ReadyAsync(IClusterClient cluster, ClusterBreaker breaker, HttpContext context)
    {
        try
        {
            await ClusterProbe.AskAsync(cluster, context.RequestAborted);
            return breaker.IsOpen ? NotReady("requests are still being refused.") : TypedResults.Ok(new HealthAnswer("ready"));
        }
        catch (Exception e)
        {
            return NotReady(e.Message);
        }
    }

    private static Problem NotReady(string reason) =>
        new(new Refusal(RefusalCode.Unavailable, $"Not ready: {reason}") { RetryAfter = TimeSpan.FromSeconds(2) });
}

internal sealed record HealthAnswer(string Status);
