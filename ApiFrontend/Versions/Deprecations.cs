using System.Text.RegularExpressions;
using Asp.Versioning;

namespace SoonShop.ApiFrontend.Versions;

/// <summary>Finds whether a route is on its way out. The rule for the route goes before the one for its version.</summary>
internal sealed partial class Deprecations(VersionsOptions options)
{
    private readonly Dictionary<(ApiVersion Version, string Route), Deprecation> rules =
        options.Deprecations.Values.ToDictionary(d => (d.ParsedVersion!, d.Route), d => new Deprecation(d));

    /// <summary>True when there is anything to tell.</summary>
    public bool Any => rules.Count > 0;

    /// <summary>What to tell of a route; null when nothing.</summary>
    /// <param name="version">The version asked for.</param>
    /// <param name="method">Such as <c>GET</c>.</param>
    /// <param name="path">From the version on, such as <c>/orders/{id:guid}</c>; constraints do not matter.</param>
    public Deprecation? Find(ApiVersion? version, string method, string path) =>
        version is not null && (rules.TryGetValue((version, $"{method} {ConstraintPattern.Replace(path, "}")}"), out var rule) || rules.TryGetValue((version, ""), out rule))
            ? rule
            : null;

    [GeneratedRegex(@":[^{}]*\}")]
    private static partial Regex ConstraintPattern { get; }
}

/// <summary>What clients are told of a route on its way out.</summary>
internal sealed class Deprecation(DeprecationOptions options)
{
    private readonly DeprecationPolicy deprecation = new(options.DeprecatedAt!.Value, new LinkHeaderValue(Ascii(options.Policy), "deprecation") { Type = "text/html" });
    private readonly SunsetPolicy? sunset = options.SunsetAt is { } at ? new SunsetPolicy(at, new LinkHeaderValue(Ascii(options.Policy), "sunset") { Type = "text/html" }) : null;

    /// <summary>As it may stand in a header.</summary>
    private static Uri Ascii(string url) => new(new Uri(url).AbsoluteUri);

    /// <summary>When it is going to be gone, if that is known.</summary>
    public DateTimeOffset? SunsetAt => options.SunsetAt;

    /// <summary>Where people read what to use instead.</summary>
    public string Policy => options.Policy;

    /// <summary>Writes <c>Deprecation</c>, <c>Sunset</c> and their links.</summary>
    public void Write(HttpResponse response)
    {
        response.WriteDeprecationPolicy(deprecation);
        if (sunset is not null)
            response.WriteSunsetPolicy(sunset);
    }
}

/// <summary>Tells clients of deprecated routes.</summary>
internal static class DeprecationsExtensions
{
    /// <summary>Answers of deprecated routes say so, refusals too. Stands after routing; costs nothing while nothing is deprecated.</summary>
    public static void UseDeprecations(this IApplicationBuilder app)
    {
        var deprecations = app.ApplicationServices.GetRequiredService<Deprecations>();
        if (!deprecations.Any)
            return;
        app.Use((context, next) =>
        {
            if (context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern }
                && deprecations.Find(context.RequestedApiVersion, HttpMethods.IsHead(context.Request.Method) ? HttpMethods.Get : context.Request.Method, BelowVersion(pattern)) is { } deprecation)
                context.Response.OnStarting(() =>
                {
                    deprecation.Write(context.Response);
                    return Task.CompletedTask;
                });
            return next(context);
        });
    }

    /// <summary>From <c>/api/v{version:apiVersion}/orders</c> to <c>/orders</c>.</summary>
    private static string BelowVersion(string pattern)
    {
        var version = pattern.IndexOf("{version", StringComparison.Ordinal);
        return version < 0 ? pattern : pattern[(pattern.IndexOf('}', version) + 1)..];
    }
}
