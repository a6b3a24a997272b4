using System.Security.Claims;
using SoonShop.Auditing;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Who calls: from checked credentials, or else from the cart header.</summary>
internal static class Callers
{
    /// <summary>The header by which a guest holds a cart.</summary>
    public const string CartHeader = "X-Cart-Id";

    /// <summary>The claim that names the session.</summary>
    public const string SessionClaim = "sid";

    /// <summary>The claim that names a role.</summary>
    public const string RoleClaim = "role";

    /// <summary>The claim that names an API key.</summary>
    public const string ApiKeyClaim = "key";

    /// <summary>The claim that names a scope of an API key.</summary>
    public const string ScopeClaim = "scope";

    /// <summary>
    /// The caller, as far as is known. An API key acts for the shop: it sees what administrators see on the routes that take its scope,
    /// and is let in nowhere else.
    /// </summary>
    public static Caller Caller(this HttpContext context) =>
        new(context.User.UserId(), context.User.ApiKeyId() is null ? context.CartId() : null, context.User.IsAdministrator() || context.User.ApiKeyId() is not null);

    /// <summary>The user that a token names, if it names one.</summary>
    public static Guid? UserId(this ClaimsPrincipal user) => Guid.TryParse(user.FindFirstValue("sub"), out var id) ? id : null;

    /// <summary>The signed-in user; only on routes that require one.</summary>
    public static Guid RequiredUserId(this ClaimsPrincipal user) =>
        user.UserId() ?? throw new InvalidOperationException("The route requires no signed-in user.");

    /// <summary>The API key that asks, if one does.</summary>
    public static Guid? ApiKeyId(this ClaimsPrincipal user) => Guid.TryParse(user.FindFirstValue(ApiKeyClaim), out var id) ? id : null;

    /// <summary>Whether an API key has a scope.</summary>
    public static bool HasScope(this ClaimsPrincipal user, string scope) => user.HasClaim(ScopeClaim, scope);

    /// <summary>Whether the user has the role now, or had it some seconds ago.</summary>
    public static bool IsAdministrator(this ClaimsPrincipal user) => user.IsInRole(Role.Admin);

    /// <summary>Who asks, as the audit log names them.</summary>
    public static string Actor(this HttpContext context) =>
        context.User.UserId() is { } user ? Actors.User(user) : context.User.ApiKeyId() is { } key ? Actors.ApiKey(key) : Actors.Anonymous;

    /// <summary>The session of the access token.</summary>
    public static Guid? SessionId(this ClaimsPrincipal user) => Guid.TryParse(user.FindFirstValue(SessionClaim), out var id) ? id : null;

    /// <summary>The guest's cart; null without one, or when the header is none.</summary>
    public static Guid? CartId(this HttpContext context) =>
        Guid.TryParse(context.Request.Headers[CartHeader], out var id) && id != Guid.Empty ? id : null;
}
