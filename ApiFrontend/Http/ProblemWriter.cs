using Grpc.Core;
using Microsoft.Extensions.Options;
using SoonShop.ApiFrontend.Grpc;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Writes the framework's own problems regardless of <c>Accept</c>. The default writer gives clients that do not ask for JSON an empty
/// response or plain text. A problem in another format is more useful (RFC 9110, section 12.5.1, allows it).
/// </summary>
internal sealed class ProblemWriter(IOptions<ProblemDetailsOptions> options) : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var response = context.HttpContext.Response;
        if (context.HttpContext.Request.IsGrpc())
        {
            WriteGrpc(context);
            return ValueTask.CompletedTask;
        }
        context.ProblemDetails.Status ??= response.StatusCode;
        options.Value.CustomizeProblemDetails?.Invoke(context);
        return new ValueTask(response.WriteAsJsonAsync(
            context.ProblemDetails, context.ProblemDetails.GetType(), options: null, contentType: "application/problem+json"));
    }

    private static void WriteGrpc(ProblemDetailsContext context)
    {
        var status = context.ProblemDetails.Status ?? context.HttpContext.Response.StatusCode;
        var code = ProblemCodes.OfStatus(status);
        var text = ErrorText.Of($"about.{code}", context.ProblemDetails.Detail ?? "The request is refused.");
        var isUnknown = status is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed;
        GrpcProblem.Write(context.HttpContext, Error.Of(code, text), isUnknown ? StatusCode.Unimplemented : null);
    }
}
