namespace SoonShop.ApiFrontend.Http;

/// <summary>Marks a route that accepts the token of a mailed link to an order as a credential.</summary>
internal sealed record OrderTokenRule;

/// <summary>Reads the header with the token of a mailed link to an order. The order's grain verifies it.</summary>
internal static class OrderTokens
{
    /// <summary>The header.</summary>
    public const string Header = "X-Order-Token";

    /// <summary>Makes the route accept the token of a mailed link, beside what its <see cref="Access"/> accepts.</summary>
    public static T TakesOrderToken<T>(this T route) where T : IEndpointConventionBuilder => route.WithMetadata(new OrderTokenRule());

    /// <summary>True when the request's route accepts a token and the request has one.</summary>
    public static bool HasOrderToken(this HttpContext context) =>
        context.Request.Headers[Header].Count > 0 && context.GetEndpoint()?.Metadata.GetMetadata<OrderTokenRule>() is not null;

    /// <summary>
    /// Returns the token as the caller sent it; null without one, and when it is malformed or expired. Another order's token and a forged
    /// one are returned, too.
    /// </summary>
    public static string? OrderToken(this HttpContext context) =>
        context.HasOrderToken() && context.Request.Headers[Header].ToString() is var text
            && SoonShop.Orders.OrderToken.Parse(text) is { } token && token.ExpiresAt > Clock(context).GetUtcNow()
            ? text
            : null;

    private static TimeProvider Clock(HttpContext context) =>
        context.RequestServices.GetService<TimeProvider>() ?? TimeProvider.System;
}
