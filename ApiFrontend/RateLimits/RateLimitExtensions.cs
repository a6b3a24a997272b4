using SoonShop.ApiFrontend.Http;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>
/// How routes name their limits. A route that says nothing is limited too: as a read when it only reads, as a write otherwise.
/// Every request counts, also one that fails, is not authorized, or repeats an Idempotency-Key; a CORS preflight does not.
/// </summary>
internal static class RateLimitExtensions
{
    public static void AddRateLimits(this IServiceCollection services, RateLimitsOptions options) =>
        services.AddSingleton(options).AddSingleton<LocalLimits>().AddSingleton<RateLimiter>();

    /// <summary>The class of these routes.</summary>
    public static TBuilder LimitRate<TBuilder>(this TBuilder routes, RateClass rateClass) where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(new RateLimited(rateClass));

    /// <summary>No limit: for probes, which must hear how things stand.</summary>
    public static TBuilder WithoutRateLimit<TBuilder>(this TBuilder routes) where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(new RateLimited(null));

    /// <summary>A further limit, by an e-mail address of the body.</summary>
    public static RouteHandlerBuilder LimitRateByEmail<TBody>(this RouteHandlerBuilder route, RateClass rateClass, Func<TBody, string?> email) =>
        route.AddEndpointFilter(async (context, next) =>
            context.Arguments.OfType<TBody>().FirstOrDefault() is { } body && email(body)?.Trim() is var address && (EmailAddress.IsValid(address) || EmailAddress.CanBeKnown(address))
                && await context.HttpContext.RequestServices.GetRequiredService<RateLimiter>()
                    .TakeAsync(context.HttpContext, rateClass, Subjects.OfEmail(address!)) is { } error
                ? new Problem(error)
                : await next(context));

    /// <summary>Limits requests; after authentication, which tells users apart, and before authorization, whose refusals count.</summary>
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
        // Credentials that are no good may be a guess, wherever they are to open something: what is for anyone does not look at them.
        return context.GetEndpoint()?.Metadata.GetMetadata<Access>() is { Level: not (AccessLevel.Anyone or AccessLevel.Provider) }
            && !RateLimitsOptions.IsCountedInCluster(rateClass) && context.Request.Headers.Authorization.Count > 0 && context.User.Identity is not { IsAuthenticated: true }
            ? RateClass.Tokens
            : rateClass;
    }
}
