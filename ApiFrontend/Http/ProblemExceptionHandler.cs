using System.Data.Common;
using System.Net.Sockets;
using Microsoft.AspNetCore.Diagnostics;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Localization;
using SoonShop.ServiceDefaults;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Responds to exceptions: bad requests with the invalid fields, an unreachable shop with 503, and bugs with a bare 500.</summary>
internal sealed partial class ProblemExceptionHandler(IProblemDetailsService problems, ILogger<ProblemExceptionHandler> log)
    : IExceptionHandler
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
            return true;
        if (exception is BadHttpRequestException { StatusCode: not 400 } bad)
        {
            // These statuses have no error code of their own.
            httpContext.Response.StatusCode = bad.StatusCode;
            var detail = DetailOf(bad, Messages.For(httpContext.Request));
            await problems.WriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = { Detail = detail } });
            return true;
        }
        var error = exception switch
        {
            UnreadableBodyException e => Error.Invalid("body", e.Text),
            BadHttpRequestException e => await BadRequestReader.ReadErrorAsync(httpContext, e),
            _ => ErrorOf(exception),
        };
        if (error is null)
        {
            LogBug(log, httpContext.Request.Method, httpContext.Request.Path, exception);
            return false;
        }
        if (error.Code == ErrorCode.Unavailable)
            LogUnavailable(log, httpContext.Request.Method, httpContext.Request.Path, exception.GetType().Name, exception.Message);
        await new Problem(error).ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>Returns why the shop is unavailable; null for an exception that is a bug.</summary>
    public static Error? ErrorOf(Exception exception) => exception switch
    {
        UnavailableException e => Unavailable(e.Reason),
        CallLostException => Unavailable(CallLostException.Reason),
        TypeLoadException e when OtherVersions.LackMethod(e) => Unavailable(OtherVersions.Reason),
        TimeoutException or OrleansException or OperationCanceledException or DbException or SocketException =>
            Unavailable(ErrorText.Of("error.no-answer", "The shop does not answer in time.")),
        _ => null,
    };

    /// <summary>The server's own sentences are English only, so the text of the status stands for them.</summary>
    private static string DetailOf(BadHttpRequestException failure, Messages language) =>
        failure is UnreadableRequestException own ? language.Text(own.Text)
        : language[$"about.{ProblemCodes.OfStatus(failure.StatusCode)}"] is { ResourceNotFound: false } text ? text
        : failure.Message;

    private static Error Unavailable(ErrorText reason) =>
        Error.Of(ErrorCode.Unavailable, "error.retry", $"{reason} Retry with the same Idempotency-Key.").WithRetryAfter(RetryAfter);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} is unavailable: {Exception}: {Reason}")]
    private static partial void LogUnavailable(ILogger log, string method, string path, string exception, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private static partial void LogBug(ILogger log, string method, string path, Exception e);
}
