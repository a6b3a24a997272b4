using System.Diagnostics;

namespace SoonShop.ApiFrontend.Http;

/// <summary>One id for a request and what it causes: its problem shows it, and the events that follow carry it.</summary>
internal static class Correlation
{
    /// <summary>The id, a W3C trace id where there is one.</summary>
    public static string TraceId(this HttpContext context) => Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;

    /// <summary>Sends the id along with every call to a grain.</summary>
    public static void UseCorrelation(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        RequestContext.Set(RequestKeys.CorrelationId, context.TraceId());
        if (Activity.Current?.Id is { } traceParent)
            RequestContext.Set(RequestKeys.TraceParent, traceParent);
        return next(context);
    });
}
