using System.Collections.ObjectModel;
using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Returns 200 with serialized JSON, or 304 when the client has it (RFC 9110, section 13.1.2). Serves GET and HEAD.
/// </summary>
/// <param name="body">The JSON.</param>
/// <param name="etag">A strong ETag.</param>
/// <param name="cacheControl">Who may cache it, and for how long.</param>
/// <param name="cacheStatus">Its source (RFC 9211).</param>
/// <typeparam name="T">The type of the JSON, for the OpenAPI document.</typeparam>
internal sealed class Representation<T>(ReadOnlyMemory<byte> body, string etag, string cacheControl, string cacheStatus)
    : IResult, IEndpointMetadataProvider
{
    private const string Json = "application/json";
    private static readonly ReadOnlyCollection<int> Whole = new([StatusCodes.Status200OK, StatusCodes.Status304NotModified]);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        // Section 15.4.5: a 304 response has the headers that renew the cached response.
        response.Headers.ETag = etag;
        response.Headers.CacheControl = cacheControl;
        response.Headers["Cache-Status"] = cacheStatus;
        if (request.Headers.IfNoneMatch.Count > 0 && Matches(request))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        response.ContentType = Json + "; charset=utf-8";
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(request.Method))
            await response.BodyWriter.WriteAsync(body, httpContext.RequestAborted);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), [Json]));
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status304NotModified));
        builder.Metadata.Add(
            new RequestHeader("If-None-Match", "The ETag of the answer that the client has; 304 while it is current.", "\"3-in\"", false));
        builder.Metadata.Add(new ResponseHeader(
            "ETag", "Identifies this answer for If-None-Match and, of a product, its version for If-Match.", "\"3-in\"", true, Whole));
        builder.Metadata.Add(
            new ResponseHeader("Cache-Control", "Who may cache the answer, and for how long.", "public, max-age=5", true, Whole));
        builder.Metadata.Add(
            new ResponseHeader("Cache-Status", "Whether the answer came from the cache (RFC 9211).", "soonshop; hit", true, Whole));
    }

    /// <summary>Uses the weak comparison, as the section requires.</summary>
    private bool Matches(HttpRequest request)
    {
        var ours = EntityTagHeaderValue.Parse(etag);
        foreach (var tag in request.GetTypedHeaders().IfNoneMatch)
        {
            if (tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(ours, useStrongComparison: false))
                return true;
        }
        return false;
    }
}
