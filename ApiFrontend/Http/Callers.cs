using System.Security.Claims;
using SoonShop.Auditing;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Determines the caller from verified credentials, otherwise from the cart header.</summary>
internal static class Callers
{
    /// <summary>The header with a guest's cart id.</summary>
    public const string CartHeader = "X-Cart-Id";

    /// <summary>The claim with the session's id.</summary>
    public const string SessionClaim = "sid";

    /// <summary>The claim with a role.</summary>
    public const string RoleClaim = "role";

    /// <summary>The claim with an API key's id.</summary>
    public const string ApiKeyClaim = "key";

    /// <summary>The claim with a scope of an API key.</summary>
    public const string ScopeClaim = "scope";

    /// <summary>
    /// Returns the caller, as far as known. An API key acts for the shop: on routes that accept its scope it sees what administrators see,
    /// and other routes refuse it.
    /// </summary>
    public static Caller Caller(this HttpContext context) =>
        new(
            context.User.UserId(), context.User.ApiKeyId() is null ? context.CartId() : null, context.User.IsAdministrator()
                || context.User.ApiKeyId() is not null)
        {
            OrderToken = context.User.ApiKeyId() is null ? context.OrderToken() : null,
        };

    /// <summary>Returns the user in a token, if there is one.</summary>
    public static Guid? UserId(this ClaimsPrincipal user) => Guid.TryParse(user.FindFirstValue("sub"), out var id) ? id : null;

    /// <summary>Returns the signed-in user. Only for routes that require one.</summary>
    public static Guid RequiredUserId(this ClaimsPrincipal user) =>
        user.UserId() ?? throw new InvalidOperationException("The route does not require a signed-in user.");

    /// <summary>Returns the API key of the caller, if there is one.</summary>
    public static Guid? ApiKeyId(this ClaimsPrincipal user) => Guid.TryParse(user.FindFirstValue(ApiKeyClaim), out var id) ? id : null;

    /// <summary>True when an API key has a scope.</summary>
    public static bool HasScope(this ClaimsPrincipal user, string scope) => user.HasClaim(ScopeClaim, scope);

    /// <summary>True when the user has the role now, or had it some seconds ago.</summary>
    public static bool IsAdministrator(this ClaimsPrincipal user) => user.IsInRole(Role.Admin);

    /// <summary>Returns the caller's name in the audit log.</summary>
    public static string Actor(this HttpContext context) =>
        context.User.UserId() is { } user ? Actors.User(user) : context.User.ApiKeyId() is { } key ? Actors.ApiKey(key) : Actors.Anonymous;

    /// <summary>Returns the session of the access token.</summary>
    public static Guid? SessionId(this ClaimsPrincipal user) => Guid.TryParse(user.FindFirstValue(SessionClaim), out var id) ? id : null;

    /// <summary>Returns the guest's cart; null without the header, or when it is not valid.</summary>
    public static Guid? CartId(this HttpContext context) =>
        Guid.TryParse(context.Request.Headers[CartHeader], out var id) && id != Guid.Empty ? id : null;
}
