using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Limits request bodies. A body whose declared length is too large is refused before it is read. The server then drains the rest of the
/// body, up to a limit, so that a client that is still sending gets the response. Text is UTF-8 (RFC 8259, section 8.1); ASP.NET Core
/// reports other charsets as a server error.
/// </summary>
internal static class RequestLimits
{
    /// <summary>Bodies up to this many times the limit are drained.</summary>
    public const int DrainFactor = 16;

    /// <summary>The Content-Type of almost every client. It needs no further check.</summary>
    private const string PlainJson = "application/json";

    public static void UseRequestLimits(this IApplicationBuilder app, int maxBytes) => app.Use((context, next) =>
    {
        if (StreamedBody.IsFor(context.Request))
            return next(context);
        if (context.Request.ContentLength > maxBytes)
            throw new UnreadableRequestException(ErrorText.Of(
                "error.body-size", $"The body is larger than {maxBytes} bytes."), StatusCodes.Status413PayloadTooLarge);
        if (context.Request.ContentLength is null && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = maxBytes;
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
            && context.Request.ContentType is { Length: > 0 } type and not PlainJson)
            context.Request.ContentType = WithoutCharset(type);
        return next(context);
    });

    /// <summary>
    /// Returns the media type without <c>charset=utf-8</c>, which is redundant, and which ASP.NET Core does not recognize in quotes.
    /// </summary>
    private static string WithoutCharset(string contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type))
            throw new UnreadableRequestException(ErrorText.Of(
                "error.content-type", "Content-Type cannot be read."), StatusCodes.Status415UnsupportedMediaType);
        foreach (var charset in type.Parameters.Where(p => p.Name.Equals("charset", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            if (!HeaderUtilities.RemoveQuotes(charset.Value).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
                throw new UnreadableRequestException(ErrorText.Of(
                    "error.charset", "The body's charset must be utf-8."), StatusCodes.Status415UnsupportedMediaType);
            type.Parameters.Remove(charset);
        }
        return type.ToString();
    }
}
