using System.Data.Common;
using System.Net.Sockets;
using Microsoft.AspNetCore.Diagnostics;
using SoonShop.ApiFrontend.Cluster;
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
            await problems.WriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = { Detail = bad.Message } });
            return true;
        }
        var error = exception switch
        {
            UnreadableBodyException e => Error.Invalid("body", e.Message),
            BadHttpRequestException e => await BadRequestReader.ReadErrorAsync(httpContext, e),
            UnavailableException or CallLostException => Unavailable(exception.Message),
            TypeLoadException e when OtherVersions.LackMethod(e) => Unavailable(OtherVersions.Message),
            TimeoutException or OrleansException or OperationCanceledException or DbException or SocketException => Unavailable("The shop does not answer in time."),
            _ => null,
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

    private static Error Unavailable(string reason) => new(ErrorCode.Unavailable, $"{reason} Asking again with the same Idempotency-Key is safe.") { RetryAfter = RetryAfter };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} is unavailable: {Exception}: {Reason}")]
    private static partial void LogUnavailable(ILogger log, string method, string path, string exception, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private static partial void LogBug(ILogger log, string method, string path, Exception e);
}
