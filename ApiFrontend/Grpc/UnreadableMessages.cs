using Grpc.AspNetCore.Server;
using Grpc.Core;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>
/// Answers messages that cannot be read as invalid or too large. The framework calls them internal or unknown errors, which clients take
/// for the shop's fault.
/// </summary>
internal static class UnreadableMessages
{
    private const string Status = "grpc-status";

    /// <summary>Adds the correction. Must follow everything that refuses requests.</summary>
    public static void UseUnreadableMessages(this IApplicationBuilder app, GrpcOptions options)
    {
        if (options.Enabled)
            app.Use((context, next) => context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is null
                ? next(context)
                : InvokeAsync(context, next));
    }

    private static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (context.Features.Get<ReadMessage>() is not null || context.Response.HasStarted
            || !Enum.TryParse<StatusCode>(context.Response.Headers[Status], out var status))
            return;
        if (status is StatusCode.Unknown or StatusCode.Internal)
            GrpcProblem.Write(context, Error.Invalid("message", "field.bad-body", "is missing or cannot be read"));
        else if (status is StatusCode.ResourceExhausted)
            GrpcProblem.Write(context, Error.Of(ProblemCodes.PayloadTooLarge, "about.payload-too-large", "The body is too large."));
    }
}
