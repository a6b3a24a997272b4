using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiKeys;
using SoonShop.Auditing;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Checks a request's credentials against its route's <see cref="Access"/>, before anything of the request is read. This is the only such
/// check. It replaces ASP.NET Core's authorization middleware, whose policies do not support carts, scopes by method, and problems.
/// </summary>
internal static class AccessRules
{
    /// <summary>Adds the check to the pipeline.</summary>
    public static void UseAccess(this IApplicationBuilder app) => app.Use((context, next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Access>() is { } access && CheckAccess(context, access) is { } error
            ? RefuseAsync(context, error)
            : next(context));

    /// <summary>Checks that every route declares its access. Call it after all routes are mapped.</summary>
    /// <exception cref="InvalidOperationException">A route declares no access, or needs a scope that does not exist.</exception>
    public static void RequireDeclaredAccess(this IEndpointRouteBuilder app)
    {
        var routes = app.DataSources.SelectMany(d => d.Endpoints).OfType<RouteEndpoint>().ToArray();
        var undeclared = routes.Where(r => r.Metadata.GetMetadata<Access>() is null).Select(r => r.DisplayName).ToArray();
        if (undeclared.Length > 0)
            throw new InvalidOperationException(
                $"Routes without declared access: {string.Join(", ", undeclared)}. "
                + $"Add one of {nameof(AccessDeclarations)}, and a line to AccessTable.");
        var unknown = routes.SelectMany(r =>
            (r.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []).Select(m => r.Metadata.GetMetadata<Access>()!.ScopeFor(m)))
            .OfType<string>().Where(s => !ApiScopes.All.Contains(s)).Distinct().ToArray();
        if (unknown.Length > 0)
            throw new InvalidOperationException(
                $"Scopes that routes need and that no key can have: {string.Join(", ", unknown)}. Add them to {nameof(ApiScopes)}.");
    }

    /// <summary>Returns why the request is refused; null when it is allowed.</summary>
    private static Error? CheckAccess(HttpContext context, Access access)
    {
        if (access.Level is AccessLevel.Anyone or AccessLevel.Provider)
            return null;
        var (user, hasCredentials) = (context.User, context.Request.Headers.Authorization.Count > 0);
        if (user.ApiKeyId() is not null)
        {
            var method = RequestTimeouts.IsQuery(context) ? HttpMethods.Get : context.Request.Method;
            return access.ScopeFor(method) is not { } scope ? Forbidden("access.no-key", "API keys are not accepted here.")
                : user.HasScope(scope) ? null
                : Error.Of(ErrorCode.Forbidden, "access.scope", $"The API key lacks the scope {scope}.");
        }
        if (user.UserId() is not null)
            return access.Level != AccessLevel.Administrator || user.IsAdministrator() ? null
                : Forbidden("access.administrators", "Only administrators may do this.");
        // Invalid credentials are refused even with a cart, because the caller believes to be signed in.
        if (hasCredentials)
            return Unauthenticated("access.bad", "The access token or API key is not valid: it is malformed, has expired, or was revoked.");
        if (access.Level == AccessLevel.CustomerGuestOrNobody)
            return null;
        if (context.OrderToken() is not null)
            return null;
        if (context.HasOrderToken() && context.Request.Headers[Callers.CartHeader].Count == 0)
        {
            return Unauthenticated(
                "error.order-token",
                "X-Order-Token is malformed, or has expired. Request a new link with POST /orders/lookup.");
        }
        if (!access.TakesCart)
            return Unauthenticated("access.token", "Send an access token.");
        if (context.Request.Headers[Callers.CartHeader].Count == 0)
            return Unauthenticated("error.token-or-cart", "Send an access token or, as a guest, X-Cart-Id.");
        return context.CartId() is null ? Error.Invalid(Callers.CartHeader, "field.cart-id", "is not a valid cart id") : null;
    }

    private static Task RefuseAsync(HttpContext context, Error error)
    {
        if (error.Code == ErrorCode.Unauthenticated)
            context.Response.Headers.WWWAuthenticate = context.Request.Headers.Authorization.Count > 0
                ? "Bearer error=\"invalid_token\""
                : "Bearer";
        // A known caller without permission is recorded in the audit log. The request does not wait for that.
        if (error.Code == ErrorCode.Forbidden)
        {
            context.RequestServices.GetRequiredService<IClusterClient>().GetGrain<IAuditGrain>(0)
                .NoteRefusedAsync(
                    "access.refuse", $"{context.Request.Method} {(context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText}",
                    AuditOutcome.Denied).Ignore();
        }
        return new Problem(error).ExecuteAsync(context);
    }

    private static Error Forbidden(string key, string english) => Error.Of(ErrorCode.Forbidden, key, english);

    private static Error Unauthenticated(string key, string english) => Error.Of(ErrorCode.Unauthenticated, key, english);
}
