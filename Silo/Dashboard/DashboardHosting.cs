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
/// Orleans' dashboard, for administrators of the shop: they sign in at <see cref="SignInPath"/> with their account, and a cookie that is
/// good for this path alone lets their browser in. All silos share the keys of these cookies, so that any of them may be asked.
/// </summary>
internal static class DashboardHosting
{
    /// <summary>Where the dashboard is.</summary>
    public const string Path = "/dashboard";

    /// <summary>Where administrators sign in, and see that they are.</summary>
    public const string SignInPath = Path + "/sign-in";

    /// <summary>The authentication scheme, and the policy that asks for it.</summary>
    public const string Scheme = "Dashboard";

    /// <summary>The dashboard's services; nothing where the configuration leaves it out, or the silo serves no HTTP.</summary>
    public static ISiloBuilder AddShopDashboard(this ISiloBuilder silo, SiloConfiguration configuration)
    {
        var options = configuration.Dashboard;
        if (!options.Enabled || configuration.Silo.HttpPort == 0)
            return silo;
        // The stream of log lines would pass by what takes personal data and secrets out of logs.
        var services = silo.Services;
        DashboardMetrics.Add(services, () => silo.AddDashboard(o => o.HideTrace = true));
        services.AddSingleton(options).AddSingleton<DashboardSignIn>().AddDashboardKeys();
        services.AddAuthentication(Scheme).AddCookie(Scheme, o => Configure(o, options));
        services.AddAuthorizationBuilder().AddPolicy(Scheme, p => p.AddAuthenticationSchemes(Scheme).RequireAuthenticatedUser());
        return silo;
    }

    /// <summary>The keys of the cookies, which all silos share.</summary>
    internal static IServiceCollection AddDashboardKeys(this IServiceCollection services)
    {
        // Before data protection's own service, which would make a key where it finds none.
        services.AddHostedService<FirstDashboardKey>();
        services.AddDataProtection().SetApplicationName("soonshop");
        services.AddOptions<KeyManagementOptions>().Configure<NpgsqlDataSource>((o, database) => o.XmlRepository = new DashboardKeys(database));
        return services;
    }

    /// <summary>Asks who it is; only after that, or sessions would be asked for by a silo that cannot.</summary>
    public static void UseDashboard(this WebApplication app)
    {
        if (app.Services.GetService<DashboardAccessOptions>() is not null)
            app.UseAuthentication().UseAuthorization();
    }

    /// <summary>The dashboard's routes; none where <see cref="AddShopDashboard"/> left it out.</summary>
    public static void MapDashboard(this IEndpointRouteBuilder app)
    {
        if (app.ServiceProvider.GetService<DashboardAccessOptions>() is null)
            return;
        app.MapOrleansDashboard(Path).RequireAuthorization(Scheme).AddEndpointFilter(AddHeadersAsync).AddEndpointFilter<DashboardSession>();
        // Before the dashboard's own route: that one calls any method of a grain that takes no argument and shows what it answers, whoever's
        // data it is, and no audit log hears of it.
        app.MapGet(Path + "/GrainState", () => TypedResults.Problem(
            "The state of single grains is not shown here. Ask the administration's API, which notes who asked.", statusCode: StatusCodes.Status403Forbidden))
            .WithOrder(-1).RequireAuthorization(Scheme);

        var doors = app.MapGroup("").AddEndpointFilter(AddHeadersAsync);
        doors.MapGet(SignInPath, (Delegate)DashboardSignIn.ShowAsync);
        // No token against forged requests: who is not signed in has nothing to lose, and to a sign-out from elsewhere browsers add no cookie.
        doors.MapPost(SignInPath, (HttpContext context, DashboardSignIn signIn, [FromForm] string? email, [FromForm] string? password) =>
                signIn.SignInAsync(context, email, password))
            .DisableAntiforgery().WithFormOptions(valueCountLimit: 4, valueLengthLimit: DashboardSignIn.MaxFieldLength).WithMetadata(new RequestSizeLimitAttribute(4096));
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
            // A page is shown where to sign in; the page's own requests for figures are told the truth.
            if (context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "text/html"))
                context.Response.Redirect(context.Request.PathBase + SignInPath);
            else
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        };
    }

    /// <summary>What the pages load comes from here; nobody frames them; no cache keeps them.</summary>
    private static ValueTask<object?> AddHeadersAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var headers = invocation.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
            + "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
        return next(invocation);
    }
}
