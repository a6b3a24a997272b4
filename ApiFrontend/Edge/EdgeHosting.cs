using System.Security.Authentication;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Edge;

/// <summary>Configures the layers between clients and routes: the server's limits, TLS and CORS.</summary>
internal static class EdgeHosting
{
    /// <summary>Response headers that pages of other origins may read, besides the CORS-safelisted ones.</summary>
    private static readonly string[] ExposedHeaders =
    [
        "ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotent-Replayed", "WWW-Authenticate",
        "Deprecation", "Sunset", "Link", "api-supported-versions", "api-deprecated-versions", "traceparent",
    ];

    /// <summary>Applies the limits of section <c>Http</c>, and TLS 1.2 or newer wherever section <c>Kestrel</c> enables TLS.</summary>
    public static void Apply(this KestrelServerOptions kestrel, HttpOptions options)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = (long)options.MaxRequestBytes * RequestLimits.DrainFactor;
        limits.MaxRequestLineSize = options.MaxRequestLineBytes;
        limits.MaxRequestHeadersTotalSize = options.MaxHeaderBytes;
        limits.MaxRequestHeaderCount = options.MaxHeaders;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.HeaderSeconds);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(options.KeepAliveSeconds);
        limits.MaxConcurrentConnections = options.MaxConnections;
        // The API has no protocol upgrades.
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MinRequestBodyDataRate = limits.MinResponseDataRate = new MinDataRate(
            options.MinBytesPerSecond, TimeSpan.FromSeconds(options.SlowSeconds));
        limits.Http2.MaxStreamsPerConnection = options.MaxStreamsPerConnection;
        limits.Http2.MaxRequestHeaderFieldSize = Math.Min(limits.Http2.MaxRequestHeaderFieldSize, options.MaxHeaderBytes);
        kestrel.ConfigureHttpsDefaults(https =>
        {
            https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
            https.HandshakeTimeout = TimeSpan.FromSeconds(options.HeaderSeconds);
        });
    }

    public static void AddShopEdge(this IServiceCollection services, HttpOptions http, ShopCorsOptions cors)
    {
        services.AddSingleton(http);
        services.AddCompression();
        // A host outside AllowedHosts gets 400 without ASP.NET Core's error page.
        services.Configure<HostFilteringOptions>(o => o.IncludeFailureMessage = false);
        services.AddHttpsRedirection(o => (o.HttpsPort, o.RedirectStatusCode) = (http.HttpsPort, StatusCodes.Status308PermanentRedirect));
        services.AddCors(o => o.AddDefaultPolicy(policy =>
        {
            policy.WithOrigins(cors.AllowedOrigins).SetIsOriginAllowedToAllowWildcardSubdomains();
            // The origin decides. Methods and headers are checked by the routes.
            policy.AllowAnyMethod()
                .AllowAnyHeader().WithExposedHeaders(ExposedHeaders).SetPreflightMaxAge(TimeSpan.FromSeconds(cors.PreflightSeconds));
            if (cors.AllowCredentials)
                policy.AllowCredentials();
        }));
    }

    /// <summary>Handles preflight requests of every route, before any other check. Without allowed origins there is no CORS.</summary>
    public static void UseCors(this IApplicationBuilder app, ShopCorsOptions cors)
    {
        if (cors.AllowedOrigins.Length == 0)
            return;
        // A shared cache must not use a response to a request without an origin for one with an origin.
        app.Use((context, next) =>
        {
            if (context.Request.Headers.Origin.Count == 0)
                context.Response.Headers.Append("Vary", "Origin");
            return next(context);
        });
        app.UseCors();
    }

    /// <summary>Redirects HTTP to HTTPS if configured, except for probes, which do not follow redirects.</summary>
    public static void UseHttpsRedirection(this IApplicationBuilder app, HttpOptions options)
    {
        if (options.RedirectToHttps)
            app.UseWhen(context => !context.Request.Path.StartsWithSegments("/health"), plain => plain.UseHttpsRedirection());
    }
}
