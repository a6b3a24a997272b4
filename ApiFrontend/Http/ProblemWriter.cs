using Microsoft.Extensions.Options;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Writes the framework's own problems, whatever <c>Accept</c> says: the default writer leaves those who do not ask for JSON
/// with an empty answer or plain text, and a problem that is not asked for says more (RFC 9110, section 12.5.1, allows it).
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
