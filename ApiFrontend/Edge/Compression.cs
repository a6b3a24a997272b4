using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Edge;

/// <summary>
/// Compresses responses with Brotli or gzip, as the client accepts. Only routes that say so are compressed: those whose responses are
/// large, and hold no secret beside what a stranger can choose (the BREACH attack). Small responses of the checkout are not worth the time.
/// </summary>
internal static class Compression
{
    /// <summary>Responses that are known to be smaller, in bytes, are sent as they are: compression would save no packet.</summary>
    private const int MinBytes = 1024;

    /// <summary>Compresses the responses to GET of these routes.</summary>
    public static TBuilder Compressed<TBuilder>(this TBuilder routes) where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(IsCompressed.Instance);

    public static void AddCompression(this IServiceCollection services)
    {
        services.AddResponseCompression(o =>
        {
            // The routes decide.
            o.EnableForHttps = true;
            o.MimeTypes = ["application/json", "application/problem+json", "text/csv"];
        });
        services.AddSingleton<IResponseCompressionProvider, OfChosenRoutes>();
        services.Configure<BrotliCompressionProviderOptions>(o => o.Level = CompressionLevel.Fastest);
        services.Configure<GzipCompressionProviderOptions>(o => o.Level = CompressionLevel.Fastest);
    }

    public static void UseCompression(this IApplicationBuilder app, HttpOptions options)
    {
        if (options.Compression)
            app.UseResponseCompression();
    }

    /// <summary>Marks a route.</summary>
    private sealed class IsCompressed
    {
        public static readonly IsCompressed Instance = new();
    }

    private sealed class OfChosenRoutes(IServiceProvider services, IOptions<ResponseCompressionOptions> options)
        : ResponseCompressionProvider(services, options)
    {
        public override bool ShouldCompressResponse(HttpContext context) =>
            HttpMethods.IsGet(context.Request.Method)
            && context.GetEndpoint()?.Metadata.GetMetadata<IsCompressed>() is not null
            && (context.Response.ContentLength ?? MinBytes) >= MinBytes
            && base.ShouldCompressResponse(context);
    }
}
