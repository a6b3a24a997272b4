using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Users;

/// <summary>The sessions of the signed-in customer.</summary>
internal static class SessionsApi
{
    public static void MapSessions(this IEndpointRouteBuilder api)
    {
        var sessions = api.MapGroup("/me/sessions").WithTags("Accounts").ForCustomers();
        sessions.MapGet("", ListAsync).WithName("listSessions").WithSummary("List my sessions, last used first");
        sessions.MapDelete("", EndOthersAsync).WithName("endOtherSessions").WithSummary("End all my other sessions");
        sessions.MapDelete("/{id:guid}", EndAsync).WithName("endSession").WithSummary("End one of my sessions");
    }

    private static async Task<Ok<Page<OwnSession>>> ListAsync(ClaimsPrincipal user, IClusterClient cluster)
    {
        var current = user.SessionId();
        return TypedResults.Ok(new Page<OwnSession>(
            [.. (await Mine(user, cluster).GetSessionsAsync()).Select(
                s => new OwnSession(s.Id, s.CreatedAt, s.LastUsedAt, s.ExpiresAt, s.UserAgent, s.Address, s.Id == current))],
            null));
    }

    private static async Task<NoContent> EndOthersAsync(ClaimsPrincipal user, IClusterClient cluster, Sessions sessions)
    {
        sessions.End(await Mine(user, cluster).EndSessionsAsync(user.SessionId()));
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, Problem>> EndAsync(
        Guid id, ClaimsPrincipal user, IClusterClient cluster, Sessions sessions)
    {
        var result = await Mine(user, cluster).EndSessionAsync(id);
        if (!result.IsError)
            sessions.End(id);
        return result.NoContent();
    }

    private static IUserGrain Mine(ClaimsPrincipal user, IClusterClient cluster) => cluster.GetGrain<IUserGrain>(user.RequiredUserId());
}

/// <summary>One of the caller's sessions.</summary>
/// <param name="Id">The session's id.</param>
/// <param name="CreatedAt">When the customer signed in.</param>
/// <param name="LastUsedAt">When it was last used.</param>
/// <param name="ExpiresAt">When it ends without a renewal.</param>
/// <param name="UserAgent">The client's User-Agent.</param>
/// <param name="Address">The IP address of the last renewal.</param>
/// <param name="Current">True for the session of this request.</param>
internal sealed record OwnSession(
    Guid Id, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, string? UserAgent, string? Address,
    bool Current);
