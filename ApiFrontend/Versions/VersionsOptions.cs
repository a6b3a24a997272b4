using System.Text.RegularExpressions;
using Asp.Versioning;

namespace SoonShop.ApiFrontend.Versions;

/// <summary>Configuration section <c>Versions</c>: deprecated versions and routes of the API.</summary>
public sealed class VersionsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Versions";

    private const int MaxDeprecations = 100;

    /// <summary>One entry for each deprecated version or route.</summary>
    public Dictionary<string, DeprecationOptions> Deprecations { get; } = [];

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (Deprecations.Count > MaxDeprecations)
            yield return $"Versions:Deprecations has {Deprecations.Count} entries; deprecate a version rather than more than "
                + $"{MaxDeprecations} of its routes.";
        foreach (var twice in Deprecations.GroupBy(d => (d.Value.ParsedVersion, d.Value.Route)).Where(g => g.Count() > 1))
            yield return $"Versions:Deprecations:{string.Join(" and Versions:Deprecations:", twice.Select(d => d.Key))} are about the "
                + "same; leave one of them.";
        foreach (var problem in Deprecations.SelectMany(d => d.Value.Problems($"Versions:Deprecations:{d.Key}")))
            yield return problem;
    }
}

/// <summary>A deprecated version, or one of its routes.</summary>
public sealed partial class DeprecationOptions
{
    /// <summary>The version, such as <c>1</c>.</summary>
    public string Version { get; set; } = "";

    /// <summary>
    /// The route below the version, as the OpenAPI document writes it: <c>GET /orders/{id}</c>. Empty for the whole version.
    /// </summary>
    public string Route { get; set; } = "";

    /// <summary>When it is deprecated; sent as <c>Deprecation</c> (RFC 9745).</summary>
    public DateTimeOffset? DeprecatedAt { get; set; }

    /// <summary>When it is removed; sent as <c>Sunset</c> (RFC 8594). Empty while that is not decided.</summary>
    public DateTimeOffset? SunsetAt { get; set; }

    /// <summary>The URL of a page that says what to use instead; sent as <c>Link</c>.</summary>
    public string Policy { get; set; } = "";

    internal ApiVersion? ParsedVersion => ApiVersionParser.Default.TryParse(Version, out var version) ? version : null;

    internal IEnumerable<string> Problems(string path)
    {
        var variable = path.Replace(":", "__", StringComparison.Ordinal);
        if (ParsedVersion is null || !ApiVersions.All.Contains(ParsedVersion))
            yield return $"{path}:Version is '{Version}'; set {variable}__Version to one of {string.Join(", ", ApiVersions.All)}.";
        if (Route.Length > 0 && !RoutePattern.IsMatch(Route))
            yield return $"{path}:Route is '{Route}'; set {variable}__Route to a method and a path such as 'GET /orders/{{id}}', or leave "
                + "it out for the whole version.";
        if (DeprecatedAt is null)
            yield return $"{path}:DeprecatedAt is not set; set {variable}__DeprecatedAt to a time such as 2026-12-31T00:00:00Z.";
        if (SunsetAt < DeprecatedAt)
            yield return $"{path}:SunsetAt is before DeprecatedAt; set {variable}__SunsetAt to a later time (RFC 9745, section 4).";
        if (!Uri.TryCreate(Policy, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            yield return $"{path}:Policy is '{Policy}'; set {variable}__Policy to the URL of a page that says what to use instead.";
    }

    [GeneratedRegex(@"^(GET|POST|PUT|PATCH|DELETE) /\S*\z")]
    private static partial Regex RoutePattern { get; }
}
