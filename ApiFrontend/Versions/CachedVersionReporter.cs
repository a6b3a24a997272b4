using System.Collections.Concurrent;
using Asp.Versioning;

namespace SoonShop.ApiFrontend.Versions;

/// <summary>
/// Writes <c>api-supported-versions</c> and <c>api-deprecated-versions</c>, whose texts are created once per set of versions. Deprecation
/// and sunset dates come from section <c>Versions</c>: see <see cref="Deprecations"/>.
/// </summary>
internal sealed class CachedVersionReporter : IReportApiVersions
{
    private readonly ConcurrentDictionary<ApiVersionModel, (string Supported, string Deprecated)> texts =
        new(ReferenceEqualityComparer.Instance);

    public ApiVersionMapping Mapping => ApiVersionMapping.Explicit | ApiVersionMapping.Implicit;

    public void Report(HttpResponse response, ApiVersionModel apiVersionModel)
    {
        if (apiVersionModel.IsApiVersionNeutral)
            return;
        var (supported, deprecated) = texts.GetOrAdd(
            apiVersionModel,
            static model => (string.Join(", ", model.SupportedApiVersions), string.Join(", ", model.DeprecatedApiVersions)));
        if (supported.Length > 0)
            response.Headers.TryAdd("api-supported-versions", supported);
        if (deprecated.Length > 0)
            response.Headers.TryAdd("api-deprecated-versions", deprecated);
    }
}
