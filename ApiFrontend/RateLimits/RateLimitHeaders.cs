using System.Globalization;
using SoonShop.RateLimits;

namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>
/// Adds the limits of a request and their rest to every response, also to admitted ones: <c>RateLimit-Policy</c> and <c>RateLimit</c>
/// (draft-ietf-httpapi-ratelimit-headers-11), lists of structured fields with an item per limit.
/// </summary>
internal sealed class RateLimitHeaders
{
    public const string Policy = "RateLimit-Policy";
    public const string Limit = "RateLimit";

    private string policies = "";
    private string limits = "";

    private static readonly Func<object, Task> WriteAsync = static context =>
    {
        var (response, features) = (((HttpContext)context).Response, ((HttpContext)context).Features);
        if (features.Get<RateLimitHeaders>() is { } headers)
            (response.Headers[Policy], response.Headers[Limit]) = (headers.policies, headers.limits);
        return Task.CompletedTask;
    };

    /// <summary>Formats a limit as an item of <c>RateLimit-Policy</c>.</summary>
    public static string PolicyOf(string name, ClassLimit limit) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{name}\";q={limit.Requests};w={limit.WindowSeconds}");

    /// <summary>Adds a limit that applied to the request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The limit's name.</param>
    /// <param name="policy">The result of <see cref="PolicyOf"/>.</param>
    /// <param name="result">The rest of the limit.</param>
    public static void Add(HttpContext context, string name, string policy, RateLimitResult result)
    {
        if (context.Features.Get<RateLimitHeaders>() is not { } headers)
        {
            context.Features.Set(headers = new RateLimitHeaders());
            // Written when the response starts, because error handling clears the headers before that.
            context.Response.OnStarting(WriteAsync, context);
        }
        var left = string.Create(
            CultureInfo.InvariantCulture, $"\"{name}\";r={result.Remaining};t={Math.Ceiling(result.More.TotalSeconds)}");
        headers.policies = headers.policies.Length == 0 ? policy : $"{headers.policies}, {policy}";
        headers.limits = headers.limits.Length == 0 ? left : $"{headers.limits}, {left}";
    }
}
