using System.Security.Claims;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Who calls: from the checked access token, or else from the cart header.</summary>
internal static class Callers
{
    /// <summary>The header by which a guest holds a cart.</summary>
    public const string CartHeader = "X-Cart-Id";

    /// <summary>The claim that names the session.</summary>
    public const string SessionClaim = "sid";

    /// <summary>The claim that names a role.</summary>
    public const string RoleClaim = "role";

    /// <summary>The caller, as far as is known.</summary>
    public static Caller Caller(this HttpContext context) => new(context.User.UserId(), CartId(context), context.User.IsInRole(Role.Admin));

    /// <summary>The user that a token names, if it names one.</summary>
    public static Guid? UserId(this ClaimsPrincipal user) => Guid.TryParse(user.FindFirstValue("sub"), out var id) ? id : null;

    /// <summary>The signed-in user; only on routes that require one.</summary>
    public static Guid RequiredUserId(this ClaimsPrincipal user) =>
        user.UserId() ?? throw new InvalidOperationException("The route requires no signed-in user.");

    /// <summary>The signed-in user, as the audit log names them.</summary>
    public static string Actor(this HttpContext context) => context.User.RequiredUserId().ToString();

    /// <summary>The session of the access token.</summary>
    public static Guid? SessionId(this ClaimsPrincipal user) => Guid.TryParse(user.FindFirstValue(SessionClaim), out var id) ? id : null;

    /// <summary>The route is for whoever is signed in or holds a cart, or also for whoever claims neither. See <see cref="UseCustomerOrGuest"/>.</summary>
    public static TBuilder RequireCustomerOrGuest<TBuilder>(this TBuilder routes, bool orNobody = false) where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(new CustomerOrGuest(orNobody));

    /// <summary>
    /// Guards the routes for customers and guests, before anything of the request is read. A token that is no good is
    /// refused even beside a cart: its owner believes to be signed in.
    /// </summary>
    public static void UseCustomerOrGuest(this IApplicationBuilder app) => app.Use((context, next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<CustomerOrGuest>() is { } rule && WhyNot(context, rule) is { } refusal
            ? new Problem(refusal).ExecuteAsync(context)
            : next(context));

    private static Refusal? WhyNot(HttpContext context, CustomerOrGuest rule)
    {
        var hasToken = context.Request.Headers.Authorization.Count > 0;
        if (context.User.UserId() is not null || (rule.OrNobody && !hasToken))
            return null;
        if (hasToken || context.Request.Headers[CartHeader].Count == 0)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return new Refusal(RefusalCode.Unauthenticated, $"Send an access token, or, as a guest, {CartHeader}.");
        }
        return CartId(context) is null ? Refusal.Invalid(CartHeader, "is no cart id") : null;
    }

    private static Guid? CartId(HttpContext context) =>
        Guid.TryParse(context.Request.Headers[CartHeader], out var id) && id != Guid.Empty ? id : null;
}

/// <summary>The route is for whoever is signed in or holds a cart.</summary>
/// <param name="OrNobody">Also for whoever claims neither.</param>
internal sealed record CustomerOrGuest(bool OrNobody);
