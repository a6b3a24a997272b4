using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using SoonShop.Users;

namespace SoonShop.Silo.Dashboard;

/// <summary>
/// Admits users with an open session who are administrators now. It checks the account on every request: few users look at a dashboard, and
/// an account in use is in memory. Ending a session or removing the role therefore takes effect at once.
/// </summary>
internal sealed class DashboardSession(IGrainFactory grains, DashboardMetrics metrics, TimeProvider time) : IEndpointFilter
{
    private const string UserClaim = "sub", SessionClaim = "sid";

    /// <summary>The time limit of the check.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Creates the content of the cookie: user and session. It is not secret and gives no access elsewhere.</summary>
    public static ClaimsPrincipal Of(SignedIn signedIn) => new(new ClaimsIdentity(
        [
            new(UserClaim, signedIn.User.Id.ToString()), new(SessionClaim, signedIn.SessionId.ToString()),
            new(ClaimTypes.Name, signedIn.User.Email),
        ],
        DashboardHosting.Scheme));

    /// <summary>Reads the user and session from a cookie; null without one.</summary>
    public static (Guid User, Guid Session)? Read(ClaimsPrincipal? principal) =>
        Guid.TryParse(principal?.FindFirstValue(UserClaim), out var user)
        && Guid.TryParse(principal.FindFirstValue(SessionClaim), out var session)
            ? (user, session) : null;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        try
        {
            if (Read(context.User) is { } who
                && await grains.GetGrain<IUserGrain>(who.User)
                    .GetSessionStatusAsync(who.Session).WaitAsync(CallTimeout, time, context.RequestAborted) is { IsOpen: true } standing
                && standing.Roles.Contains(Role.Admin))
            {
                metrics.Look(grains);
                return await next(invocation);
            }
        }
        catch (Exception e) when (DashboardSignIn.IsUnavailable(e))
        {
            return TypedResults.Problem(
                "Whether you may see this cannot be checked now. Try again in a moment.",
                statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        await context.SignOutAsync(DashboardHosting.Scheme);
        return TypedResults.Challenge(authenticationSchemes: [DashboardHosting.Scheme]);
    }
}
