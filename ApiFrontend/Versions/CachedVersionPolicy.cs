using Asp.Versioning.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace SoonShop.ApiFrontend.Versions;

/// <summary>
/// Chooses endpoints by version as <see cref="ApiVersionMatcherPolicy"/> does, and asks it only once for each version of a path. The inner
/// policy builds a template matcher for every route that a path may belong to, on every request.
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

    /// <summary>The jump table has chosen the version. Only several endpoints of one version leave something to select.</summary>
    bool IEndpointSelectorPolicy.AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        (endpoints.Count > 1 || ContainsDynamicEndpoints(endpoints)) && inner.AppliesToEndpoints(endpoints);

    /// <summary>Remembers where versions lead that the routes have. Versions that they do not have are the inner table's.</summary>
    private sealed class CachedJumpTable(PolicyJumpTable inner) : PolicyJumpTable
    {
        /// <summary>Clients can write one version in many ways (1, 1.0, 01); no more of them are remembered than this.</summary>
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
            // Reading this may make a feature, too, so it comes first.
            _ = feature.RawRequestedApiVersions;
            var before = httpContext.Features.Revision;
            var destination = inner.GetDestination(httpContext);
            // The inner table sets a feature for a version that the routes do not have.
            if (httpContext.Features.Revision == before && feature.RawRequestedApiVersion is { } raw && requested.SequenceEqual(raw))
                ImmutableInterlocked.Update(
                    ref known, static (all, one) => all.Length < MaxVersions ? all.Add(one) : all, (raw, destination));
            return destination;
        }

        /// <summary>What follows <see cref="ApiVersions.PathPrefix"/> up to the next slash; empty for other paths.</summary>
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
