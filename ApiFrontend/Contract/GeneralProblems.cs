using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>Which problems a route can answer with: those that follow from its kind, and those that it declares.</summary>
internal static class GeneralProblems
{
    /// <summary>The codes, in the order of their statuses.</summary>
    public static IEnumerable<IGrouping<int, string>> Of(ApiDescription route, OperationKind kind)
    {
        var metadata = route.ActionDescriptor.EndpointMetadata;
        var codes = new SortedSet<string>(metadata.OfType<ProblemRule>().SelectMany(r => r.Codes), StringComparer.Ordinal);
        if (kind.IsApi)
            codes.UnionWith([ErrorCode.RateLimited, ErrorCode.Unavailable]);
        if (kind.NeedsToken || kind.TakesGuests)
            // Forbidden also to API keys: they act for nobody.
            codes.UnionWith([ErrorCode.Unauthenticated, ErrorCode.Forbidden]);
        if (kind.IsPost)
            codes.UnionWith([ErrorCode.Conflict, ErrorCode.IdempotencyKeyReused]);
        if (kind.TakesBody)
            codes.UnionWith([ProblemCodes.RequestTimeout, ProblemCodes.PayloadTooLarge, ProblemCodes.UnsupportedMediaType]);
        // Every route refuses what it does not know.
        codes.Add(ErrorCode.ValidationFailed);
        if (route.ParameterDescriptions.Any(p => p.Source == BindingSource.Path))
            codes.Add(ErrorCode.NotFound);
        return codes.GroupBy(ProblemCodes.StatusOf).OrderBy(g => g.Key);
    }
}

/// <summary>What can be said of a route by its metadata.</summary>
/// <param name="IsApi">It belongs to a version of the API.</param>
/// <param name="IsPost">It takes Idempotency-Key.</param>
/// <param name="TakesBody">It has a method whose requests carry bodies.</param>
/// <param name="NeedsToken">It is for those who are signed in.</param>
/// <param name="Scope">The scope with which an API key is let in; null where none is.</param>
/// <param name="TakesGuests">It is also for those who hold a cart.</param>
/// <param name="TakesNobody">It is also for those who claim nothing, but a token that is sent must be good.</param>
internal sealed record OperationKind(bool IsApi, bool IsPost, bool TakesBody, bool NeedsToken, string? Scope, bool TakesGuests, bool TakesNobody)
{
    public static OperationKind Of(ApiDescription route)
    {
        var metadata = route.ActionDescriptor.EndpointMetadata;
        var access = metadata.OfType<Access>().LastOrDefault();
        var method = route.HttpMethod ?? "";
        return new OperationKind(
            route.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true,
            HttpMethods.IsPost(method),
            HttpMethods.IsPost(method) || HttpMethods.IsPut(method) || HttpMethods.IsPatch(method) || metadata.OfType<IAcceptsMetadata>().Any(),
            access is { NeedsToken: true },
            access?.ScopeFor(method),
            access is { TakesCart: true },
            access is { Level: AccessLevel.CustomerGuestOrNobody });
    }
}
