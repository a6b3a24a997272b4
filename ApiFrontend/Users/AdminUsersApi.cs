using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Users;

/// <summary>Roles, for administrators.</summary>
internal static class AdminUsersApi
{
    public static void MapAdminUsers(this IEndpointRouteBuilder admin)
    {
        var users = admin.MapGroup("/users/{id:guid}").WithTags("Admin: users").ForAdministrators();
        users.MapGet("/roles", GetAsync).WithName("getUserRoles").WithSummary("Get a user's roles").WithETag();
        users.MapPut("/roles", SetAsync)
            .WithName("setUserRoles").WithSummary("Replace a user's roles").WithETag().WithIfMatch().ProducesProblems(ErrorCode.Conflict);
    }

    private static async Task<Results<Ok<RolesResponse>, Problem>> GetAsync(Guid id, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IUserGrain>(id).GetAsync()).WithETag(context, u => u.Version).Ok(RolesResponse.Of);

    private static async Task<Results<Ok<RolesResponse>, Problem>> SetAsync(
        Guid id, RolesRequest body, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IUserGrain>(id).SetRolesAsync(context.Caller(), [.. body.Roles!], ETags.IfMatch(context)))
            .WithETag(context, u => u.Version).Ok(RolesResponse.Of);
}

/// <summary>All roles that an account is to have.</summary>
public sealed record RolesRequest([property: RequiredField, MaxItems(10)] string[]? Roles);

/// <summary>The roles of an account.</summary>
internal sealed record RolesResponse(Guid Id, string Email, ImmutableArray<string> Roles)
{
    public static RolesResponse Of(User user) => new(user.Id, user.Email, user.Roles);
}
