using System.Text.RegularExpressions;
using Asp.Versioning;

namespace SoonShop.ApiFrontend.Versions;

/// <summary>Finds whether a route is deprecated. The rule for a route takes precedence over the one for its version.</summary>
internal sealed partial class Deprecations(VersionsOptions options)
{
    private readonly Dictionary<(ApiVersion Version, string Route), Deprecation> rules =
        options.Deprecations.Values.ToDictionary(d => (d.ParsedVersion!, d.Route), d => new Deprecation(d));

    /// <summary>True when there are deprecations.</summary>
    public bool Any => rules.Count > 0;

    /// <summary>Returns the deprecation of a route; null when there is none.</summary>
    /// <param name="version">The requested version.</param>
    /// <param name="method">The HTTP method, such as <c>GET</c>.</param>
    /// <param name="path">The path after the version, such as <c>/orders/{id:guid}</c>; constraints do not matter.</param>
    public Deprecation? Find(ApiVersion? version, string method, string path) =>
        version is not null && (rules.TryGetValue((version, $"{method} {ConstraintPattern.Replace(path, "}")}"), out var rule)
            || rules.TryGetValue((version, ""), out rule))
            ? rule
            : null;

    [GeneratedRegex(@":[^{}]*\}")]
    private static partial Regex ConstraintPattern { get; }
}

/// <summary>The information for clients about a deprecated route.</summary>
internal sealed class Deprecation(DeprecationOptions options)
{
    private readonly DeprecationPolicy deprecation = new(
        options.DeprecatedAt!.Value, new LinkHeaderValue(Ascii(options.Policy), "deprecation") { Type = "text/html" });
    private readonly SunsetPolicy? sunset = options.SunsetAt is { } at
        ? new SunsetPolicy(at, new LinkHeaderValue(Ascii(options.Policy), "sunset") { Type = "text/html" })
        : null;

    /// <summary>Returns a URL in the ASCII form for headers.</summary>
    private static Uri Ascii(string url) => new(new Uri(url).AbsoluteUri);

    /// <summary>When the route is removed, if that is known.</summary>
    public DateTimeOffset? SunsetAt => options.SunsetAt;

    /// <summary>The URL of the page about alternatives.</summary>
    public string Policy => options.Policy;

    /// <summary>Writes <c>Deprecation</c>, <c>Sunset</c> and their links.</summary>
    public void Write(HttpResponse response)
    {
        response.WriteDeprecationPolicy(deprecation);
        if (sunset is not null)
            response.WriteSunsetPolicy(sunset);
    }
}

/// <summary>Informs clients of deprecated routes.</summary>
internal static class DeprecationsExtensions
{
    /// <summary>
    /// Adds the headers to responses of deprecated routes, including errors. Must follow routing. Costs nothing without deprecations.
    /// </summary>
    public static void UseDeprecations(this IApplicationBuilder app)
    {
        var deprecations = app.ApplicationServices.GetRequiredService<Deprecations>();
        if (!deprecations.Any)
            return;
        app.Use((context, next) =>
        {
            if (context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern }
                && deprecations.Find(
                    context.RequestedApiVersion, HttpMethods.IsHead(context.Request.Method) ? HttpMethods.Get : context.Request.Method,
                    BelowVersion(pattern)) is { } deprecation)
                context.Response.OnStarting(() =>
                {
                    deprecation.Write(context.Response);
                    return Task.CompletedTask;
                });
            return next(context);
        });
    }

    /// <summary>Converts <c>/api/v{version:apiVersion}/orders</c> to <c>/orders</c>.</summary>
    private static string BelowVersion(string pattern)
    {
        var version = pattern.IndexOf("{version", StringComparison.Ordinal);
        return version < 0 ? pattern : pattern[(pattern.IndexOf('}', version) + 1)..];
    }
}
