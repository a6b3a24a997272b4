using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Dashboard;

namespace SoonShop.Silo.Dashboard;

/// <summary>
/// Hosts Orleans' dashboard for administrators of the shop. They sign in at <see cref="SignInPath"/> with their account and get a cookie
/// that is valid for this path only. All silos share the keys of these cookies, so that every silo accepts them.
/// </summary>
internal static class DashboardHosting
{
    /// <summary>The path of the dashboard.</summary>
    public const string Path = "/dashboard";

    /// <summary>The path where administrators sign in and see who is signed in.</summary>
    public const string SignInPath = Path + "/sign-in";

    /// <summary>The name of the authentication scheme and of the policy that requires it.</summary>
    public const string Scheme = "Dashboard";

    /// <summary>Adds the dashboard's services, unless the configuration disables it or the silo serves no HTTP.</summary>
    public static ISiloBuilder AddShopDashboard(this ISiloBuilder silo, SiloConfiguration configuration)
    {
        var options = configuration.Dashboard;
        if (!options.Enabled || configuration.Silo.HttpPort == 0)
            return silo;
        // Log streaming is hidden because it would bypass the redaction of personal data and secrets.
        var services = silo.Services;
        DashboardMetrics.Add(services, () => silo.AddDashboard(o => o.HideTrace = true));
        services.AddSingleton(options).AddSingleton<DashboardSignIn>().AddDashboardKeys();
        services.AddAuthentication(Scheme).AddCookie(Scheme, o => Configure(o, options));
        services.AddAuthorizationBuilder().AddPolicy(Scheme, p => p.AddAuthenticationSchemes(Scheme).RequireAuthenticatedUser());
        return silo;
    }

    /// <summary>Adds the keys of the cookies, which all silos share.</summary>
    internal static IServiceCollection AddDashboardKeys(this IServiceCollection services)
    {
        // Runs before data protection's own service, which would create a key where it finds none.
        services.AddHostedService<FirstDashboardKey>();
        services.AddDataProtection().SetApplicationName("soonshop");
        services.AddOptions<KeyManagementOptions>().Configure<NpgsqlDataSource>((o, database) =>
            o.XmlRepository = new DashboardKeys(database));
        return services;
    }

    /// <summary>
    /// Adds authentication. It must follow the check of cluster membership: only a member of the cluster can look up sessions.
    /// </summary>
    public static void UseDashboard(this WebApplication app)
    {
        if (app.Services.GetService<DashboardAccessOptions>() is not null)
            app.UseAuthentication().UseAuthorization();
    }

    /// <summary>Maps the dashboard's routes, unless <see cref="AddShopDashboard"/> has disabled it.</summary>
    public static void MapDashboard(this IEndpointRouteBuilder app)
    {
        if (app.ServiceProvider.GetService<DashboardAccessOptions>() is null)
            return;
        app.MapOrleansDashboard(Path).RequireAuthorization(Scheme).AddEndpointFilter(AddHeadersAsync).AddEndpointFilter<DashboardSession>();
        // Overrides the dashboard's own route. That one calls any parameterless grain method and shows the result, whoever's data it is,
        // without an entry in the audit log.
        app.MapGet(Path + "/GrainState", () => TypedResults.Problem(
            "The state of single grains is not shown here. Use the administration API, which logs who read it.",
            statusCode: StatusCodes.Status403Forbidden))
            .WithOrder(-1).RequireAuthorization(Scheme);

        var doors = app.MapGroup("").AddEndpointFilter(AddHeadersAsync);
        doors.MapGet(SignInPath, (Delegate)DashboardSignIn.ShowAsync);
        // Needs no antiforgery token: a client that is not signed in has nothing to lose, and browsers send no cookie with a cross-site
        // sign-out.
        doors.MapPost(SignInPath, (HttpContext context, DashboardSignIn signIn, [FromForm] string? email, [FromForm] string? password) =>
                signIn.SignInAsync(context, email, password))
            .DisableAntiforgery().WithFormOptions(valueCountLimit: 4, valueLengthLimit: DashboardSignIn.MaxFieldLength)
            .WithMetadata(new RequestSizeLimitAttribute(4096));
        doors.MapPost(Path + "/sign-out", (HttpContext context, DashboardSignIn signIn) => signIn.SignOutAsync(context));
    }

    private static void Configure(CookieAuthenticationOptions o, DashboardAccessOptions options)
    {
        o.LoginPath = SignInPath;
        o.ExpireTimeSpan = options.SessionLifetime;
        o.SlidingExpiration = false;
        o.Cookie.Name = "soonshop-dashboard";
        o.Cookie.Path = Path;
        o.Cookie.HttpOnly = true;
        o.Cookie.SameSite = SameSiteMode.Strict;
        o.Cookie.SecurePolicy = options.SecureCookie ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
        o.Events.OnRedirectToLogin = context =>
        {
            // A page request is redirected to the sign-in page. The page's own data requests get the status code.
            if (context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "text/html"))
                context.Response.Redirect(context.Request.PathBase + SignInPath);
            else
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        };
    }

    /// <summary>Adds headers: pages load only from this origin, cannot be framed, and are not cached.</summary>
    private static ValueTask<object?> AddHeadersAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var headers = invocation.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            + "font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
        return next(invocation);
    }
}
