using System.Globalization;
using System.Net;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Edge;

/// <summary>
/// Adds security headers to every response, including errors (owasp.org/www-project-secure-headers). Responses may contain personal data,
/// so caches may store only those that allow it explicitly.
/// </summary>
internal static class SecurityHeaders
{
    /// <summary>The policy of API responses: they load nothing, appear in no frame, and submit no form.</summary>
    private const string NoContent = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private static readonly (string Name, string Value)[] Always =
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ];

    public static void UseSecurityHeaders(this IApplicationBuilder app, HttpOptions options)
    {
        var hsts = options.HstsDays == 0 ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"max-age={options.HstsDays * 24L * 3600}{(options.HstsIncludeSubDomains ? "; includeSubDomains" : "")}");
        Func<object, Task> add = context =>
        {
            Add((HttpContext)context, hsts);
            return Task.CompletedTask;
        };
        app.Use((context, next) =>
        {
            // Added when the response starts, because error handling clears the headers before that.
            context.Response.OnStarting(add, context);
            return next(context);
        });
    }

    private static void Add(HttpContext context, string? hsts)
    {
        var headers = context.Response.Headers;
        foreach (var (name, value) in Always)
            headers.TryAdd(name, value);
        var page = ScalarPage.Of(context);
        headers.TryAdd("Content-Security-Policy", page ?? NoContent);
        if (page is null)
            headers.TryAdd("Cache-Control", "no-store");
        // Not sent for names of this machine, because all its ports share them.
        if (hsts is not null && context.Request.IsHttps && !IsThisMachine(context.Request.Host.Host))
            headers.StrictTransportSecurity = hsts;
    }

    private static bool IsThisMachine(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
