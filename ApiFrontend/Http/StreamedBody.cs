using Microsoft.AspNetCore.Http.Features;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Marks a route whose handler reads a large body only once the caller is known to be allowed to send it. The body may be larger than other
/// bodies; the handler limits it.
/// </summary>
/// <param name="read">
/// Reads the body into a memory stream, for its Idempotency-Key. Null for a body that is not buffered: of that, only the length counts.
/// </param>
internal sealed class StreamedBody(Func<HttpContext, Task>? read = null)
{
    /// <summary>The ends of the paths of such routes. The limit of bodies applies before the route is known.</summary>
    private static readonly string[] Paths = ["/admin/import-jobs", "/admin/media"];

    /// <summary>Reads the body into a memory stream; null when it is not buffered.</summary>
    public Func<HttpContext, Task>? Read => read;

    /// <summary>True for a request to such a route.</summary>
    public static bool IsFor(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Path.Value is { } path
        && Paths.Any(end => path.EndsWith(end, StringComparison.OrdinalIgnoreCase));

    /// <summary>Lets the server read a body of any size. The handler must count what it reads.</summary>
    public static void LiftLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
    }
}
