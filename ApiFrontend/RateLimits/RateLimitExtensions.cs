using SoonShop.ApiFrontend.Http;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>
/// Declares and applies the rate limits of routes. A route without a declaration is limited as a read if it only reads, otherwise as a
/// write. Every request counts, including one that fails, is unauthorized, or repeats an Idempotency-Key. A CORS preflight does not count.
/// </summary>
internal static class RateLimitExtensions
{
    public static void AddRateLimits(this IServiceCollection services, RateLimitsOptions options) =>
        services.AddSingleton(options).AddSingleton<LocalLimits>().AddSingleton<RateLimiter>();

    /// <summary>Sets the class of these routes.</summary>
    public static TBuilder LimitRate<TBuilder>(this TBuilder routes, RateClass rateClass) where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(new RateLimited(rateClass));

    /// <summary>Removes the limit, for probes, which must always get a response.</summary>
    public static TBuilder WithoutRateLimit<TBuilder>(this TBuilder routes) where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(new RateLimited(null));

    /// <summary>Adds a limit by an e-mail address in the body.</summary>
    public static RouteHandlerBuilder LimitRateByEmail<TBody>(
        this RouteHandlerBuilder route, RateClass rateClass, Func<TBody, string?> email) =>
        route.AddEndpointFilter(async (context, next) =>
            context.Arguments.OfType<TBody>().FirstOrDefault() is { } body
            && email(body)?.Trim() is var address
            && (EmailAddress.IsValid(address) || EmailAddress.CanBeKnown(address))
                && await context.HttpContext.RequestServices.GetRequiredService<RateLimiter>()
                    .TakeAsync(context.HttpContext, rateClass, Subjects.OfEmail(address!)) is { } error
                ? new Problem(error)
                : await next(context));

    /// <summary>
    /// Applies the limits. Must follow authentication, which identifies users, and precede authorization, whose refusals count.
    /// </summary>
    public static void UseRateLimits(this IApplicationBuilder app, RateLimitsOptions options)
    {
        if (!options.Enabled)
            return;
        var limiter = app.ApplicationServices.GetRequiredService<RateLimiter>();
        app.Use((context, next) =>
        {
            if (ClassOf(context) is not { } rateClass)
                return next(context);
            var taken = limiter.TakeAsync(context, rateClass, Subjects.Of(context, rateClass));
            return taken.IsCompletedSuccessfully ? Continue(context, next, taken.Result) : ContinueAsync(context, next, taken);
        });
    }

    private static async Task ContinueAsync(HttpContext context, RequestDelegate next, ValueTask<Error?> taken) =>
        await Continue(context, next, await taken);

    private static Task Continue(HttpContext context, RequestDelegate next, Error? error) =>
        error is null ? next(context) : new Problem(error).ExecuteAsync(context);

    private static RateClass? ClassOf(HttpContext context)
    {
        var named = context.GetEndpoint()?.Metadata.GetMetadata<RateLimited>();
        if (named is { Class: null })
            return null;
        var method = context.Request.Method;
        var rateClass = named?.Class ?? (HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? RateClass.Reads : RateClass.Writes);
        // Invalid credentials may be guesses on routes that check them. Public routes ignore credentials.
        return context.GetEndpoint()?.Metadata.GetMetadata<Access>() is { Level: not (AccessLevel.Anyone or AccessLevel.Provider) }
            && !RateLimitsOptions.IsCountedInCluster(rateClass)
            && context.Request.Headers.Authorization.Count > 0
            && context.User.Identity is not { IsAuthenticated: true }
            ? RateClass.Tokens
            : rateClass;
    }
}
