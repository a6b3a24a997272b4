using SoonShop.Auditing;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Tells the cluster who asks and from where, for the audit log; the one place that does. Nothing of it is the client's to say but its name.</summary>
internal static class Origins
{
    private const int MaxUserAgent = 200;

    /// <summary>
    /// Sends along with every call that a request makes where it comes from. Comes before authentication, which asks the cluster, too.
    /// Reading by nobody in particular needs none.
    /// </summary>
    public static void UseOrigin(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var request = context.Request;
        if (request.Headers.Authorization.Count > 0 || !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)))
        {
            RequestContext.Set(RequestKeys.Actor, Actors.Anonymous);
            if (context.Connection.RemoteIpAddress is { } address)
                RequestContext.Set(RequestKeys.Address, (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString());
            if (UserAgent(context) is { } agent)
                RequestContext.Set(RequestKeys.UserAgent, agent);
        }
        return next(context);
    });

    /// <summary>Sends along who asks, once that is known.</summary>
    public static void UseActor(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.User.Identity?.IsAuthenticated == true)
            RequestContext.Set(RequestKeys.Actor, context.Actor());
        return next(context);
    });

    private static string? UserAgent(HttpContext context)
    {
        var text = context.Request.Headers.UserAgent.ToString();
        if (text.Length == 0)
            return null;
        text = text.Length > MaxUserAgent ? text[..MaxUserAgent] : text;
        return Text.IsLine(text) ? text : string.Concat(text.Select(c => c is < ' ' or > '~' ? '?' : c));
    }
}
