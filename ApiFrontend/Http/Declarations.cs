using System.Collections.ObjectModel;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Problems of a route beyond those that <see cref="Contract.GeneralProblems"/> finds by itself.</summary>
internal sealed record ProblemRule(ImmutableArray<string> Codes);

/// <summary>A header that a route reads.</summary>
internal sealed record RequestHeader(string Name, string Description, string Example, bool Required);

/// <summary>A header of a route's answers.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Example">A value.</param>
/// <param name="Always">True when each answer of those statuses carries it.</param>
/// <param name="Statuses">Which answers; empty for all that are no problem.</param>
internal sealed record ResponseHeader(string Name, string Description, string Example, bool Always, ReadOnlyCollection<int> Statuses);

/// <summary>What routes say of themselves for the OpenAPI document. What follows from other metadata needs no saying.</summary>
internal static class Declarations
{
    /// <summary>
    /// The route refuses with these codes of <see cref="ErrorCode"/>, beside what every route of its kind does: bad input, missing and bad
    /// credentials, missing roles, what a path names and is not there, keys used twice, limits, unavailability.
    /// </summary>
    public static TBuilder ProducesProblems<TBuilder>(this TBuilder routes, params ReadOnlySpan<string> codes) where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(new ProblemRule([.. codes]));

    /// <summary>As <see cref="ProducesProblems{TBuilder}(TBuilder, ReadOnlySpan{string})"/>, with the codes that the statuses stand
    /// for.</summary>
    public static TBuilder ProducesProblems<TBuilder>(this TBuilder routes, params ReadOnlySpan<int> statuses) where TBuilder : IEndpointConventionBuilder
    {
        var codes = ImmutableArray.CreateBuilder<string>(statuses.Length);
        foreach (var status in statuses)
            codes.Add(ProblemCodes.OfStatus(status));
        return routes.WithMetadata(new ProblemRule(codes.DrainToImmutable()));
    }

    /// <summary>The route reads a header.</summary>
    public static TBuilder AcceptsHeader<TBuilder>(this TBuilder routes, string name, string description, string example, bool required = false)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new RequestHeader(name, description, example, required));

    /// <summary>The route's answers carry a header: those with these statuses, or all that are no problem.</summary>
    public static TBuilder ProducesHeader<TBuilder>(
        this TBuilder routes, string name, string description, string example, bool always = false, params ReadOnlySpan<int> statuses)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new ResponseHeader(name, description, example, always, statuses.ToArray().AsReadOnly()));

    /// <summary>The answer carries the version of what it shows.</summary>
    public static TBuilder WithETag<TBuilder>(this TBuilder routes) where TBuilder : IEndpointConventionBuilder =>
        routes.ProducesHeader("ETag", "The version of the resource, for If-Match.", "\"3\"", true, 200, 201);

    /// <summary>The route does nothing when the version named in If-Match is not the current one.</summary>
    public static TBuilder WithIfMatch<TBuilder>(this TBuilder routes) where TBuilder : IEndpointConventionBuilder => routes
        .AcceptsHeader("If-Match", "The ETag of the version to change, such as \"3\". With * or without the header, any version is changed.", "*")
        .ProducesProblems(ErrorCode.PreconditionFailed);
}
