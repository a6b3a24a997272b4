using System.Data.Common;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using SoonShop.ApiFrontend.Cluster;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Answers what handlers throw: bad requests with the field that is wrong, an unreachable shop with 503, and bugs with a bare 500.</summary>
internal sealed partial class ExceptionAnswers(IProblemDetailsService problems, ILogger<ExceptionAnswers> log) : IExceptionHandler
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
            return true;
        if (exception is BadHttpRequestException { StatusCode: not 400 } bad)
        {
            // These statuses have no refusal code of their own.
            httpContext.Response.StatusCode = bad.StatusCode;
            await problems.WriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = { Detail = bad.Message } });
            return true;
        }
        var refusal = exception switch
        {
            BadHttpRequestException e => Bad(e),
            UnavailableException or CallLostException => Unavailable(exception.Message),
            TimeoutException or OrleansException or OperationCanceledException or DbException or SocketException => Unavailable("The shop does not answer in time."),
            _ => null,
        };
        if (refusal is null)
        {
            LogBug(log, httpContext.Request.Method, httpContext.Request.Path, exception);
            return false;
        }
        if (refusal.Code == RefusalCode.Unavailable)
            LogUnavailable(log, httpContext.Request.Method, httpContext.Request.Path, exception.GetType().Name, exception.Message);
        await new Problem(refusal).ExecuteAsync(httpContext);
        return true;
    }

    private static Refusal Unavailable(string reason) => new(RefusalCode.Unavailable, $"{reason} Asking again with the same Idempotency-Key is safe.") { RetryAfter = RetryAfter };

    private static Refusal Bad(BadHttpRequestException e)
    {
        if (e.InnerException is JsonException json)
            return Refusal.Invalid(FieldOf(json.Path), json.Path is null ? "The body is no valid JSON." : "cannot be read: wrong type or malformed");
        return ParameterPattern.Match(e.Message) is { Success: true } match
            ? Refusal.Invalid(match.Groups["name"].Value, "cannot be read: missing or of the wrong type")
            : Refusal.Invalid("body", "is missing or cannot be read");
    }

    /// <summary>From a JSON path such as <c>$.price.amount</c> to <c>price.amount</c>.</summary>
    private static string FieldOf(string? path) => path is { Length: > 2 } ? path[2..] : "body";

    [GeneratedRegex("parameter \"(?:[^\"]+ )?(?<name>[A-Za-z0-9]+)\"")]
    private static partial Regex ParameterPattern { get; }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} is unavailable: {Exception}: {Reason}")]
    private static partial void LogUnavailable(ILogger log, string method, string path, string exception, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private static partial void LogBug(ILogger log, string method, string path, Exception e);
}
