using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Logging;

namespace SoonShop.ApiFrontend.Logging;

/// <summary>Temporary log levels of all processes, for administrators.</summary>
internal static class AdminLogLevelsApi
{
    public static void MapAdminLogLevels(this IEndpointRouteBuilder admin)
    {
        var levels = admin.MapGroup("/log-levels").WithTags("Admin: log levels").ForAdministrators();
        levels.MapGet("", GetAsync).WithName("getLogLevels").WithSummary("Get the temporary log levels");
        levels.MapPut("", SetAsync).WithName("setLogLevels").WithSummary("Change log levels for a limited time");
    }

    private static async Task<Ok<LogLevels>> GetAsync(IClusterClient cluster) => TypedResults.Ok(await Levels(cluster).GetAsync());

    private static async Task<Results<Ok<LogLevels>, Problem>> SetAsync(LogLevelsRequest body, IClusterClient cluster) =>
        (await Levels(cluster).SetAsync(new SetLogLevels(body.Levels!.ToImmutableDictionary(), body.Minutes))).Ok();

    private static ILogLevelsGrain Levels(IClusterClient cluster) => cluster.GetGrain<ILogLevelsGrain>(LogLevels.Key);
}

/// <summary>Levels by category or its prefix, with <c>Default</c> for all others, and the duration in minutes.</summary>
public sealed record LogLevelsRequest(
    [property: RequiredField] Dictionary<string, LogDetail>? Levels,
    [property: NumberRange(1, LogLevels.MaxMinutes)] int Minutes = 30);
