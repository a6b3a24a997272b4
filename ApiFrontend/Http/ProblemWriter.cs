using Microsoft.Extensions.Options;

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
        context.ProblemDetails.Status ??= response.StatusCode;
        options.Value.CustomizeProblemDetails?.Invoke(context);
        return new ValueTask(response.WriteAsJsonAsync(
            context.ProblemDetails, context.ProblemDetails.GetType(), options: null, contentType: "application/problem+json"));
    }
}
