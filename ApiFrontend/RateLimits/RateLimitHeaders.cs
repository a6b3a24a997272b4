using System.Globalization;
using SoonShop.RateLimits;

namespace SoonShop.ApiFrontend.RateLimits;

/// <summary>
/// Tells clients the limits that a request met and what is left of them, on granted answers too: <c>RateLimit-Policy</c> and
/// <c>RateLimit</c> as in draft-ietf-httpapi-ratelimit-headers-11, lists of structured fields with an item for each limit.
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

    /// <summary>A limit as its item of <c>RateLimit-Policy</c>.</summary>
    public static string PolicyOf(string name, ClassLimit limit) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{name}\";q={limit.Requests};w={limit.WindowSeconds}");

    /// <summary>Adds a limit that the request met.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The limit's.</param>
    /// <param name="policy">What <see cref="PolicyOf"/> says of it.</param>
    /// <param name="result">What is left of it.</param>
    public static void Add(HttpContext context, string name, string policy, RateLimitResult result)
    {
        if (context.Features.Get<RateLimitHeaders>() is not { } headers)
        {
            context.Features.Set(headers = new RateLimitHeaders());
            // At the last moment: whatever fails meanwhile empties the answer.
            context.Response.OnStarting(WriteAsync, context);
        }
        var left = string.Create(
            CultureInfo.InvariantCulture, $"\"{name}\";r={result.Remaining};t={Math.Ceiling(result.More.TotalSeconds)}");
        headers.policies = headers.policies.Length == 0 ? policy : $"{headers.policies}, {policy}";
        headers.limits = headers.limits.Length == 0 ? left : $"{headers.limits}, {left}";
    }
}
