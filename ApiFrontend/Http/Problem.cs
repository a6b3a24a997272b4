using System.Globalization;
using Microsoft.AspNetCore.Mvc;

namespace SoonShop.ApiFrontend.Http;

/// <summary>A refusal as an RFC 9457 problem. The one place where refusal codes become status codes.</summary>
internal sealed class Problem(Refusal refusal) : IResult, IStatusCodeHttpResult
{
    /// <summary>The types' common part.</summary>
    public const string TypeBase = "https://soonshop.dev/problems/";

    public int? StatusCode => StatusOf(refusal.Code);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var details = new ProblemDetails { Status = StatusCode, Detail = refusal.Detail };
        Complete(httpContext, details, refusal.Code);
        if (refusal.Errors is not null)
            details.Extensions["errors"] = refusal.Errors;
        if (refusal.OrderId is not null)
            details.Extensions["orderId"] = refusal.OrderId;
        if (refusal.Lines is not null)
            details.Extensions["lines"] = refusal.Lines;
        if (refusal.DeclineCode is not null)
            details.Extensions["declineCode"] = refusal.DeclineCode;
        if (refusal.RetryAfter is { } wait)
            httpContext.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        httpContext.Response.StatusCode = details.Status!.Value;
        return httpContext.Response.WriteAsJsonAsync(details, options: null, contentType: "application/problem+json");
    }

    /// <summary>Gives a problem its type, title, instance and trace id.</summary>
    public static void Complete(HttpContext context, ProblemDetails details, string code)
    {
        details.Type = TypeBase + code;
        details.Title = char.ToUpperInvariant(code[0]) + code[1..].Replace('-', ' ');
        details.Instance = context.Request.Path;
        details.Extensions["traceId"] = context.TraceId();
    }

    /// <summary>The code for a status that the framework set without saying more.</summary>
    public static string CodeOf(int status) => status switch
    {
        400 => RefusalCode.ValidationFailed,
        401 => RefusalCode.Unauthenticated,
        403 => RefusalCode.Forbidden,
        404 => RefusalCode.NotFound,
        405 => "method-not-allowed",
        406 => "not-acceptable",
        408 => "request-timeout",
        412 => RefusalCode.PreconditionFailed,
        413 => "payload-too-large",
        414 => "uri-too-long",
        415 => "unsupported-media-type",
        429 => RefusalCode.RateLimited,
        431 => "headers-too-large",
        503 => RefusalCode.Unavailable,
        _ => status < 500 ? "bad-request" : "internal-error",
    };

    private static int StatusOf(string code) => code switch
    {
        RefusalCode.ValidationFailed => 400,
        RefusalCode.Unauthenticated => 401,
        RefusalCode.PaymentDeclined => 402,
        RefusalCode.Forbidden => 403,
        RefusalCode.NotFound => 404,
        RefusalCode.PreconditionFailed => 412,
        RefusalCode.IdempotencyKeyReused => 422,
        RefusalCode.RateLimited => 429,
        RefusalCode.Unavailable => 503,
        _ => 409,
    };
}
