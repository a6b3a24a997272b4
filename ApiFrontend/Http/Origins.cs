using SoonShop.ServiceDefaults;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Tells the cluster who asks and from where, for the audit log.</summary>
internal static class Origins
{
    /// <summary>
    /// Sends along with every call that a request makes where it comes from. Comes before authentication, which asks the cluster, too.
    /// Reading by nobody in particular needs none.
    /// </summary>
    public static void UseOrigin(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var request = context.Request;
        if (request.Headers.Authorization.Count > 0 || !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)))
            RequestOrigin.Send(context);
        return next(context);
    });

    /// <summary>Sends along who asks, once that is known.</summary>
    public static void UseActor(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.User.Identity?.IsAuthenticated == true)
            RequestContext.Set(RequestKeys.Actor, context.Actor());
        return next(context);
    });
}
