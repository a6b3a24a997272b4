using System.Security.Authentication;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Edge;

/// <summary>What stands between clients and the routes: the server's limits, TLS, pages of other origins.</summary>
internal static class EdgeHosting
{
    /// <summary>Headers of answers that pages of other origins may read, beyond the harmless ones.</summary>
    private static readonly string[] ExposedHeaders =
    [
        "ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotent-Replayed", "WWW-Authenticate",
        "Deprecation", "Sunset", "Link", "api-supported-versions", "api-deprecated-versions", "traceparent",
    ];

    /// <summary>The limits of section <c>Http</c>, and TLS 1.2 or newer wherever section <c>Kestrel</c> asks for TLS.</summary>
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
        // Nothing here changes to another protocol.
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MinRequestBodyDataRate = limits.MinResponseDataRate = new MinDataRate(options.MinBytesPerSecond, TimeSpan.FromSeconds(options.SlowSeconds));
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
        // A host that is none of AllowedHosts gets 400, and no page of ASP.NET Core's.
        services.Configure<HostFilteringOptions>(o => o.IncludeFailureMessage = false);
        services.AddHttpsRedirection(o => (o.HttpsPort, o.RedirectStatusCode) = (http.HttpsPort, StatusCodes.Status308PermanentRedirect));
        services.AddCors(o => o.AddDefaultPolicy(policy =>
        {
            policy.WithOrigins(cors.AllowedOrigins).SetIsOriginAllowedToAllowWildcardSubdomains();
            // Whom the origin lets in, method and headers need not keep out: routes check both.
            policy.AllowAnyMethod().AllowAnyHeader().WithExposedHeaders(ExposedHeaders).SetPreflightMaxAge(TimeSpan.FromSeconds(cors.PreflightSeconds));
            if (cors.AllowCredentials)
                policy.AllowCredentials();
        }));
    }

    /// <summary>Answers preflights of every route, before anything is looked at or counted; without origins there is no CORS.</summary>
    public static void UseCors(this IApplicationBuilder app, ShopCorsOptions cors)
    {
        if (cors.AllowedOrigins.Length == 0)
            return;
        // What a shared cache keeps of a request without an origin is no answer to one with.
        app.Use((context, next) =>
        {
            if (context.Request.Headers.Origin.Count == 0)
                context.Response.Headers.Append("Vary", "Origin");
            return next(context);
        });
        app.UseCors();
    }

    /// <summary>Sends plain HTTP to HTTPS if configured; probes ask where they are told to and do not follow.</summary>
    public static void UseHttpsRedirection(this IApplicationBuilder app, HttpOptions options)
    {
        if (options.RedirectToHttps)
            app.UseWhen(context => !context.Request.Path.StartsWithSegments("/health"), plain => plain.UseHttpsRedirection());
    }
}
