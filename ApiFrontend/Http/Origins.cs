using SoonShop.ApiFrontend.Cluster;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Sends the caller to the cluster, for the audit log.</summary>
internal static class Origins
{
    /// <summary>Sends the caller with every call, once it is known. Until then the caller is anonymous.</summary>
    public static void UseActor(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.User.Identity?.IsAuthenticated == true)
        {
            if (CallBudget.Current?.Origin is { } origin)
                origin.Actor = context.Actor();
            else
                RequestContext.Set(RequestKeys.Actor, context.Actor());
        }
        return next(context);
    });
}
