using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;

namespace SoonShop.ApiFrontend.Health;

/// <summary>Liveness and readiness of this process.</summary>
internal static class HealthApi
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        var health = app.MapGroup("/health").WithTags("Service").ForAnyone().WithoutRateLimit().Admit(AdmissionClass.Free);
        health.DisableRequestTimeout().DisableHttpMetrics();
        health.MapGet("/live", () => TypedResults.Ok(new HealthResponse("live")))
            .WithName("getLiveness").WithSummary("Check that the process runs");
        health.MapGet("/ready", ReadyAsync)
            .WithName("getReadiness").WithSummary("Check that cluster and database answer").ProducesProblems(ErrorCode.Unavailable);
    }

    private static async Task<Results<Ok<HealthResponse>, Problem>> ReadyAsync(Readiness readiness, HttpContext context) =>
        await readiness.CheckAsync().WaitAsync(context.RequestAborted) is { } reason
            ? new Problem(Error.Of(ErrorCode.Unavailable, reason).WithRetryAfter(TimeSpan.FromSeconds(2)))
            : TypedResults.Ok(new HealthResponse("ready"));
}

/// <summary>The health of a front end.</summary>
internal sealed record HealthResponse(string Status);
