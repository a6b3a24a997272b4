using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http.Timeouts;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>
/// Ends calls whose service threw: with the error, as unavailable, or, after a bug, as internal without any detail. The same exceptions
/// have the same codes as over HTTP.
/// </summary>
internal sealed partial class ErrorInterceptor(ILogger<ErrorInterceptor> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var http = context.GetHttpContext();
        http.Features.Set(ReadMessage.Instance);
        try
        {
            return await continuation(request, context);
        }
        catch (CallException e)
        {
            throw GrpcProblem.ToException(http, e.Error);
        }
        catch (Exception) when (HasLeft(http) && !IsLate)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, ""));
        }
        catch (Exception e)
        {
            throw ToException(http, e);
        }
    }

    private RpcException ToException(HttpContext context, Exception e)
    {
        if (ProblemExceptionHandler.ErrorOf(e) is not { } error)
        {
            LogBug(log, context.Request.Path, e);
            return GrpcProblem.ToException(context, Error.Of(ProblemCodes.Internal, ProblemCodes.InternalText));
        }
        if (IsLate)
            return GrpcProblem.ToException(context, error, StatusCode.DeadlineExceeded);
        LogUnavailable(log, context.Request.Path, e.GetType().Name, e.Message);
        return GrpcProblem.ToException(context, error);
    }

    /// <summary>True when the client cancelled. The time limit of queries cancels them, too.</summary>
    private static bool HasLeft(HttpContext context) =>
        context.RequestAborted.IsCancellationRequested
        && context.Features.Get<IHttpRequestTimeoutFeature>()?.RequestTimeoutToken.IsCancellationRequested != true;

    private static bool IsLate => CallBudget.Current is { IsLate: true };

    [LoggerMessage(Level = LogLevel.Warning, Message = "gRPC {Path} is unavailable: {Exception}: {Reason}")]
    private static partial void LogUnavailable(ILogger log, string path, string exception, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "gRPC {Path} failed.")]
    private static partial void LogBug(ILogger log, string path, Exception e);
}

/// <summary>Marks a request whose message could be read, so that its service was called.</summary>
internal sealed class ReadMessage
{
    public static readonly ReadMessage Instance = new();
}
