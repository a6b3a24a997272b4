using Microsoft.AspNetCore.Http.Features;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Bounds request bodies. One whose length is announced is refused before it is read; the server then takes the rest of a
/// body that is not too absurd off the connection, so that a client that is still sending gets to see the answer.
/// </summary>
internal static class RequestSizes
{
    /// <summary>Bodies up to this many times the limit are taken off the connection.</summary>
    public const int DrainFactor = 16;

    public static void UseRequestSizes(this IApplicationBuilder app, int maxBytes) => app.Use((context, next) =>
    {
        if (context.Request.ContentLength > maxBytes)
            throw new BadHttpRequestException($"The body is larger than {maxBytes} bytes.", StatusCodes.Status413PayloadTooLarge);
        if (context.Request.ContentLength is null && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = maxBytes;
        return next(context);
    });
}
