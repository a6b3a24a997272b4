using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using SoonShop.Users;

namespace SoonShop.Silo.Dashboard;

/// <summary>
/// Lets in whose session is open and who is an administrator now. Asked of the account each time: few look at a dashboard, and an
/// account in use is in memory. So a session that was ended, or a role that was taken, shuts the dashboard at once.
/// </summary>
internal sealed class DashboardSession(IGrainFactory grains, DashboardMetrics metrics, TimeProvider time) : IEndpointFilter
{
    private const string UserClaim = "sub", SessionClaim = "sid";

    /// <summary>How long an account may take to answer.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    /// <summary>What the cookie holds: who, and in which session. Nothing of it is secret or lets anybody in elsewhere.</summary>
    public static ClaimsPrincipal Of(SignedIn signedIn) => new(new ClaimsIdentity(
        [new(UserClaim, signedIn.User.Id.ToString()), new(SessionClaim, signedIn.SessionId.ToString()), new(ClaimTypes.Name, signedIn.User.Email)],
        DashboardHosting.Scheme));

    /// <summary>The user and session of a cookie; null without one.</summary>
    public static (Guid User, Guid Session)? Read(ClaimsPrincipal? principal) =>
        Guid.TryParse(principal?.FindFirstValue(UserClaim), out var user) && Guid.TryParse(principal.FindFirstValue(SessionClaim), out var session)
            ? (user, session) : null;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        try
        {
            if (Read(context.User) is { } who
                && await grains.GetGrain<IUserGrain>(who.User).GetSessionStatusAsync(who.Session).WaitAsync(CallTimeout, time, context.RequestAborted) is { IsOpen: true } standing
                && standing.Roles.Contains(Role.Admin))
            {
                metrics.Look(grains);
                return await next(invocation);
            }
        }
        catch (Exception e) when (DashboardSignIn.IsUnavailable(e))
        {
            return TypedResults.Problem("Whether you may see this cannot be checked now. Try again in a moment.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        await context.SignOutAsync(DashboardHosting.Scheme);
        return TypedResults.Challenge(authenticationSchemes: [DashboardHosting.Scheme]);
    }
}
