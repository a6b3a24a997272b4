using Microsoft.AspNetCore.Http.Metadata;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Writes the problem of an error status without a body. It replaces ASP.NET Core's status code pages, which prepare every request for
/// that. This class acts only after the response is known.
/// </summary>
internal static class StatusProblems
{
    public static void UseStatusProblems(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var answered = next(context);
        return answered.IsCompletedSuccessfully ? FinishAsync(context) : FinishAsync(context, answered);
    });

    private static async Task FinishAsync(HttpContext context, Task answered)
    {
        await answered;
        await FinishAsync(context);
    }

    private static Task FinishAsync(HttpContext context)
    {
        var response = context.Response;
        if (response.HasStarted || response.StatusCode is < 400 or >= 600 || response.ContentLength.HasValue
            || !string.IsNullOrEmpty(response.ContentType)
            || context.GetEndpoint()?.Metadata.GetMetadata<ISkipStatusCodePagesMetadata>() is not null)
            return Task.CompletedTask;
        var problem = new ProblemDetailsContext { HttpContext = context, ProblemDetails = { Status = response.StatusCode } };
        return context.RequestServices.GetRequiredService<IProblemDetailsService>().WriteAsync(problem).AsTask();
    }
}
