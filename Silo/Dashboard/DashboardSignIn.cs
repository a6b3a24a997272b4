using System.Net;
using System.Text.Encodings.Web;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.Auditing;
using SoonShop.ServiceDefaults;
using SoonShop.Users;

namespace SoonShop.Silo.Dashboard;

/// <summary>
/// The page where administrators sign in to the dashboard. Failed sign-ins count for the account like failed logins to the shop, and each
/// address has a limit per minute. The session is one of the account's: it is listed there and can be ended there.
/// </summary>
internal sealed class DashboardSignIn(
    DashboardAccessOptions options, IGrainFactory grains, IAuditLog audit, IAuditAggregator refused, TimeProvider time)
    : IDisposable
{
    /// <summary>The longest accepted e-mail address or password, in characters.</summary>
    public const int MaxFieldLength = 320;

    private const string SignInAct = "dashboard.sign-in";
    private const string Wrong = "E-mail address or password are wrong, or the account is no administrator’s.";
    private const string NotNow = "This cannot be checked now. Try again in a moment.";

    private readonly PartitionedRateLimiter<IPAddress> tries = PartitionedRateLimiter.Create<IPAddress, IPAddress>(
        address => RateLimitPartition.GetSlidingWindowLimiter(ClientNetwork.Of(address), _ => new SlidingWindowRateLimiterOptions
        {
            PermitLimit = options.SignInsPerMinute,
            Window = TimeSpan.FromMinutes(1),
            SegmentsPerWindow = 6,
        }));

    /// <summary>Shows the form, or who is signed in.</summary>
    public static async Task<IResult> ShowAsync(HttpContext context)
    {
        var known = await context.AuthenticateAsync(DashboardHosting.Scheme);
        return known.Succeeded ? Page(SignedInAs(known.Principal.Identity?.Name)) : Page(Form(null));
    }

    /// <summary>Signs in and redirects to the dashboard.</summary>
    public async Task<IResult> SignInAsync(HttpContext context, string? email, string? password)
    {
        // Rejects a form on another site, which would sign the browser in with another account.
        if (context.Request.Headers["Sec-Fetch-Site"] is [var site, ..] && site is not ("same-origin" or "none"))
            return Page(Form("Sign in from this page."), StatusCodes.Status403Forbidden);
        using var lease = tries.AttemptAcquire(context.Connection.RemoteIpAddress ?? IPAddress.None);
        if (!lease.IsAcquired)
            return Page(Form("Too many attempts. Wait a minute."), StatusCodes.Status429TooManyRequests);
        if (!(EmailAddress.IsValid(email?.Trim()) || EmailAddress.CanBeKnown(email?.Trim()))
            || password is not { Length: > 0 and <= PasswordPolicy.MaxWritten })
            return Page(Form(Wrong), StatusCodes.Status401Unauthorized);
        RequestOrigin.Send(context);
        SignedIn signedIn;
        try
        {
            var result = await grains.GetGrain<IEmailGrain>(UserKeys.Email(EmailAddress.Normalize(email!)))
                .LoginBrieflyAsync(password, options.SessionLifetime);
            if (result.IsError)
            {
                return result.Error.Code == ErrorCode.RateLimited
                    ? Page(Form(result.Error.Detail), StatusCodes.Status429TooManyRequests)
                    : Page(Form(Wrong), StatusCodes.Status401Unauthorized);
            }
            signedIn = result.Value;
            var actor = Actors.User(signedIn.User.Id);
            if (!signedIn.User.Roles.Contains(Role.Admin))
            {
                refused.Record(SignInAct, actor, AuditOutcome.Denied);
                await grains.GetGrain<IUserGrain>(signedIn.User.Id).EndSessionAsync(signedIn.SessionId);
                return Page(Form(Wrong), StatusCodes.Status401Unauthorized);
            }
            await audit.AddAsync(
                new AuditEvent(SignInAct, "dashboard") { Actor = actor, Details = new { session = signedIn.SessionId } },
                context.RequestAborted);
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            return Page(Form(NotNow), StatusCodes.Status503ServiceUnavailable);
        }
        var now = time.GetUtcNow();
        await context.SignInAsync(DashboardHosting.Scheme, DashboardSession.Of(signedIn), new AuthenticationProperties
        {
            IssuedUtc = now,
            ExpiresUtc = now + options.SessionLifetime,
            AllowRefresh = false,
        });
        return TypedResults.LocalRedirect("~" + DashboardHosting.Path + "/");
    }

    /// <summary>Ends the session and removes the cookie.</summary>
    public async Task<IResult> SignOutAsync(HttpContext context)
    {
        if (DashboardSession.Read((await context.AuthenticateAsync(DashboardHosting.Scheme)).Principal) is { } who)
        {
            RequestOrigin.Send(context);
            try
            {
                await grains.GetGrain<IUserGrain>(who.User).EndSessionAsync(who.Session);
            }
            catch (Exception e) when (IsUnavailable(e))
            {
                return Page(SignedInAs(null, NotNow), StatusCodes.Status503ServiceUnavailable);
            }
        }
        await context.SignOutAsync(DashboardHosting.Scheme);
        return TypedResults.LocalRedirect("~" + DashboardHosting.SignInPath);
    }

    public void Dispose() => tries.Dispose();

    /// <summary>True for an error that may pass by itself.</summary>
    internal static bool IsUnavailable(Exception e) =>
        e is UnavailableException or TimeoutException or OrleansException or Npgsql.NpgsqlException;

    private static string Form(string? problem) => $"""
        {Alert(problem)}
        <form method="post" action="sign-in">
          <label>E-mail address <input name="email" type="email" autocomplete="username" required autofocus></label>
          <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
          <button>Sign in</button>
        </form>
        <p>For administrators of the shop.</p>
        """;

    private static string Alert(string? problem) => problem is null ? "" : $"<p role=\"alert\">{HtmlEncoder.Default.Encode(problem)}</p>";

    private static string SignedInAs(string? name, string? problem = null) => $"""
        {Alert(problem)}
        <p>You are signed in{(name is null ? "" : " as " + HtmlEncoder.Default.Encode(name))}. <a href="./">To the dashboard</a></p>
        <form method="post" action="sign-out"><button>Sign out</button></form>
        """;

    private static ContentHttpResult Page(string body, int status = StatusCodes.Status200OK) => TypedResults.Content($$"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
          <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
          <title>SoonShop: sign in to the dashboard</title>
          <style>
            body {
              font: 16px/1.5 system-ui, sans-serif; max-width: 22rem; margin: 15vh auto; padding: 0 1rem; color: #222; background: #f6f6f8
            }
            label { display: block; margin: .8rem 0 }
            input { display: block; width: 100%; padding: .5rem; font: inherit; box-sizing: border-box }
            button { padding: .5rem 1.2rem; font: inherit } [role=alert] { color: #a00000 }
          </style>
        </head>
        <body><h1>SoonShop</h1>
        {{body}}
        </body>
        </html>
        """, "text/html; charset=utf-8", statusCode: status);
}
