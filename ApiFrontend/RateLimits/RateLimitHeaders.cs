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

    /// <summary>Adds a limit that the request met.</summary>
    public static void Add(HttpContext context, string name, ClassLimit limit, RateVerdict verdict)
    {
        if (context.Features.Get<RateLimitHeaders>() is not { } headers)
        {
            context.Features.Set(headers = new RateLimitHeaders());
            // At the last moment: whatever fails meanwhile empties the answer.
            context.Response.OnStarting(static state =>
            {
                var (response, headers) = ((HttpResponse, RateLimitHeaders))state;
                (response.Headers[Policy], response.Headers[Limit]) = (headers.policies, headers.limits);
                return Task.CompletedTask;
            }, (context.Response, headers));
        }
        var separator = headers.policies.Length == 0 ? "" : ", ";
        headers.policies += string.Create(CultureInfo.InvariantCulture, $"{separator}\"{name}\";q={limit.Requests};w={limit.WindowSeconds}");
        headers.limits += string.Create(CultureInfo.InvariantCulture, $"{separator}\"{name}\";r={verdict.Remaining};t={Math.Ceiling(verdict.More.TotalSeconds)}");
    }
}
