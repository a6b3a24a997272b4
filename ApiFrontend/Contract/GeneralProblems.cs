using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>Determines the problems that a route can return: those of its kind, and those that it declares.</summary>
internal static class GeneralProblems
{
    /// <summary>Returns the codes, ordered by status.</summary>
    public static IEnumerable<IGrouping<int, string>> Of(ApiDescription route, OperationKind kind)
    {
        var metadata = route.ActionDescriptor.EndpointMetadata;
        var codes = new SortedSet<string>(metadata.OfType<ProblemRule>().SelectMany(r => r.Codes), StringComparer.Ordinal);
        if (kind.IsApi)
            codes.UnionWith([ErrorCode.RateLimited, ErrorCode.Unavailable]);
        if (kind.NeedsToken || kind.TakesGuests)
            // API keys get "forbidden" as well, because they do not act for a user.
            codes.UnionWith([ErrorCode.Unauthenticated, ErrorCode.Forbidden]);
        if (kind.IsPost)
            codes.UnionWith([ErrorCode.Conflict, ErrorCode.IdempotencyKeyReused]);
        if (kind.TakesBody)
            codes.UnionWith([ProblemCodes.RequestTimeout, ProblemCodes.PayloadTooLarge, ProblemCodes.UnsupportedMediaType]);
        // Every route refuses unknown parameters and fields.
        codes.Add(ErrorCode.ValidationFailed);
        if (route.ParameterDescriptions.Any(p => p.Source == BindingSource.Path))
            codes.Add(ErrorCode.NotFound);
        return codes.GroupBy(ProblemCodes.StatusOf).OrderBy(g => g.Key);
    }
}

/// <summary>The properties of a route that follow from its metadata.</summary>
/// <param name="IsApi">True when it belongs to a version of the API.</param>
/// <param name="IsPost">True when it accepts Idempotency-Key.</param>
/// <param name="TakesBody">True when its method may have a body.</param>
/// <param name="NeedsToken">True when it requires a signed-in caller.</param>
/// <param name="Scope">The scope that an API key needs; null when no key is accepted.</param>
/// <param name="TakesGuests">True when guests with a cart may call it, too.</param>
/// <param name="TakesOrderToken">True when the token of a mailed link to the order is accepted, too.</param>
/// <param name="TakesNobody">True when callers without credentials may call it, too. A token that is sent must be valid.</param>
internal sealed record OperationKind(
    bool IsApi, bool IsPost, bool TakesBody, bool NeedsToken, string? Scope, bool TakesGuests, bool TakesOrderToken, bool TakesNobody)
{
    public static OperationKind Of(ApiDescription route)
    {
        var metadata = route.ActionDescriptor.EndpointMetadata;
        var access = metadata.OfType<Access>().LastOrDefault();
        var method = route.HttpMethod ?? "";
        return new OperationKind(
            route.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true,
            HttpMethods.IsPost(method),
            HttpMethods.IsPost(method)
                || HttpMethods.IsPut(method)
                || HttpMethods.IsPatch(method)
                || metadata.OfType<IAcceptsMetadata>().Any(),
            access is { NeedsToken: true },
            access?.ScopeFor(method),
            access is { TakesCart: true },
            metadata.OfType<OrderTokenRule>().Any(),
            access is { Level: AccessLevel.CustomerGuestOrNobody });
    }
}
