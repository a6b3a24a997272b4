using Asp.Versioning.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace SoonShop.ApiFrontend.Versions;

/// <summary>
/// Selects endpoints by version like <see cref="ApiVersionMatcherPolicy"/>, but calls it only once per version of a path. The inner policy
/// builds a template matcher for every candidate route on every request.
/// </summary>
internal sealed class CachedVersionPolicy(ApiVersionMatcherPolicy inner) : MatcherPolicy, INodeBuilderPolicy, IEndpointSelectorPolicy
{
    public override int Order => inner.Order;

    public IReadOnlyList<PolicyNodeEdge> GetEdges(IReadOnlyList<Endpoint> endpoints) => inner.GetEdges(endpoints);

    public PolicyJumpTable BuildJumpTable(int exitDestination, IReadOnlyList<PolicyJumpTableEdge> edges) =>
        new CachedJumpTable(inner.BuildJumpTable(exitDestination, edges));

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates) => inner.ApplyAsync(httpContext, candidates);

    bool INodeBuilderPolicy.AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        ((INodeBuilderPolicy)inner).AppliesToEndpoints(endpoints);

    /// <summary>
    /// The jump table has already selected the version. A selection is needed only among several endpoints of one version.
    /// </summary>
    bool IEndpointSelectorPolicy.AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        (endpoints.Count > 1 || ContainsDynamicEndpoints(endpoints)) && inner.AppliesToEndpoints(endpoints);

    /// <summary>Caches the destinations of versions that the routes have. The inner table handles other versions.</summary>
    private sealed class CachedJumpTable(PolicyJumpTable inner) : PolicyJumpTable
    {
        /// <summary>The most spellings of versions that are cached. Clients can write one version in many ways (1, 1.0, 01).</summary>
        private const int MaxVersions = 8;

        private ImmutableArray<(string Version, int Destination)> known = [];

        public override int GetDestination(HttpContext httpContext)
        {
            var requested = RequestedVersion(httpContext.Request.Path.Value);
            if (requested.IsEmpty)
                return inner.GetDestination(httpContext);
            foreach (var (version, destination) in known)
            {
                if (requested.SequenceEqual(version))
                {
                    httpContext.ApiVersioningFeature.RawRequestedApiVersion = version;
                    return destination;
                }
            }
            return Ask(httpContext, requested);
        }

        private int Ask(HttpContext httpContext, ReadOnlySpan<char> requested)
        {
            var feature = httpContext.ApiVersioningFeature;
            // Reading this may add a feature, so it must come first.
            _ = feature.RawRequestedApiVersions;
            var before = httpContext.Features.Revision;
            var destination = inner.GetDestination(httpContext);
            // The inner table adds a feature for a version that the routes do not have.
            if (httpContext.Features.Revision == before && feature.RawRequestedApiVersion is { } raw && requested.SequenceEqual(raw))
                ImmutableInterlocked.Update(
                    ref known, static (all, one) => all.Length < MaxVersions ? all.Add(one) : all, (raw, destination));
            return destination;
        }

        /// <summary>Returns the part after <see cref="ApiVersions.PathPrefix"/> up to the next slash; empty for other paths.</summary>
        private static ReadOnlySpan<char> RequestedVersion(string? path)
        {
            if (path is null || !path.StartsWith(ApiVersions.PathPrefix, StringComparison.OrdinalIgnoreCase))
                return default;
            var rest = path.AsSpan(ApiVersions.PathPrefix.Length);
            var slash = rest.IndexOf('/');
            return slash < 0 ? rest : rest[..slash];
        }
    }
}
