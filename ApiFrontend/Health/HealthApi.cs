using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.Health;

namespace SoonShop.ApiFrontend.Health;

/// <summary>Whether this process lives, and whether it can serve.</summary>
internal static class HealthApi
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        var health = app.MapGroup("/health").WithTags("Service").AllowAnonymous().WithoutRateLimit();
        health.MapGet("/live", () => TypedResults.Ok(new HealthAnswer("live"))).WithSummary("This process runs");
        health.MapGet("/ready", ReadyAsync).WithSummary("Cluster and database answer").Refuses(503);
    }

    private static async Task<Results<Ok<HealthAnswer>, Problem>> ReadyAsync(IClusterClient cluster)
    {
        try
        {
            await cluster.GetGrain<IHealthGrain>(0).CheckAsync().WaitAsync(Patience);
            return TypedResults.Ok(new HealthAnswer("ready"));
        }
        catch (Exception e)
        {
            return new Problem(new Refusal(RefusalCode.Unavailable, $"Not ready: {e.Message}") { RetryAfter = TimeSpan.FromSeconds(2) });
        }
    }
}

internal sealed record HealthAnswer(string Status);
