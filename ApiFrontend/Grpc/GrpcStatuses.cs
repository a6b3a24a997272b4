using Grpc.Core;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>The gRPC status of each problem code.</summary>
internal static class GrpcStatuses
{
    /// <summary>Returns the status of a problem code. Codes without an entry are conflicts, as over HTTP.</summary>
    public static StatusCode Of(string code) => code switch
    {
        ErrorCode.ValidationFailed or ProblemCodes.UnsupportedMediaType => StatusCode.InvalidArgument,
        ErrorCode.Unauthenticated => StatusCode.Unauthenticated,
        ErrorCode.Forbidden => StatusCode.PermissionDenied,
        ErrorCode.NotFound => StatusCode.NotFound,
        ErrorCode.PaymentDeclined or ErrorCode.OutOfStock or ErrorCode.InvalidOrderState or ErrorCode.CartEmpty =>
            StatusCode.FailedPrecondition,
        ErrorCode.IdempotencyKeyReused or ErrorCode.EmailTaken => StatusCode.AlreadyExists,
        ErrorCode.RateLimited or ProblemCodes.PayloadTooLarge => StatusCode.ResourceExhausted,
        ErrorCode.Unavailable => StatusCode.Unavailable,
        ProblemCodes.RequestTimeout => StatusCode.DeadlineExceeded,
        ProblemCodes.MethodNotAllowed => StatusCode.Unimplemented,
        ProblemCodes.Internal => StatusCode.Internal,
        _ => ProblemCodes.StatusOf(code) is >= 500 ? StatusCode.Internal : StatusCode.Aborted,
    };
}
