using System.Collections.ObjectModel;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Problems of a route besides those that <see cref="Contract.GeneralProblems"/> determines.</summary>
internal sealed record ProblemRule(ImmutableArray<string> Codes);

/// <summary>A header that a route reads.</summary>
internal sealed record RequestHeader(string Name, string Description, string Example, bool Required);

/// <summary>A header of a route's responses.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Example">A value.</param>
/// <param name="Always">True when each response with these statuses has it.</param>
/// <param name="Statuses">The statuses; empty for all responses that are not problems.</param>
internal sealed record ResponseHeader(string Name, string Description, string Example, bool Always, ReadOnlyCollection<int> Statuses);

/// <summary>Declarations of routes for the OpenAPI document. What follows from other metadata need not be declared.</summary>
internal static class Declarations
{
    /// <summary>
    /// Declares that the route returns these codes of <see cref="ErrorCode"/>. Problems that every route of its kind returns need no
    /// declaration: invalid input, missing or invalid credentials, missing roles, unknown resources in the path, reused keys, limits and
    /// unavailability.
    /// </summary>
    public static TBuilder ProducesProblems<TBuilder>(this TBuilder routes, params ReadOnlySpan<string> codes)
        where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(new ProblemRule([.. codes]));

    /// <summary>
    /// Works like <see cref="ProducesProblems{TBuilder}(TBuilder, ReadOnlySpan{string})"/>, with the codes that the statuses stand for.
    /// </summary>
    public static TBuilder ProducesProblems<TBuilder>(this TBuilder routes, params ReadOnlySpan<int> statuses)
        where TBuilder : IEndpointConventionBuilder
    {
        var codes = ImmutableArray.CreateBuilder<string>(statuses.Length);
        foreach (var status in statuses)
            codes.Add(ProblemCodes.OfStatus(status));
        return routes.WithMetadata(new ProblemRule(codes.DrainToImmutable()));
    }

    /// <summary>Declares that the route reads a header.</summary>
    public static TBuilder AcceptsHeader<TBuilder>(
        this TBuilder routes, string name, string description, string example, bool required = false)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new RequestHeader(name, description, example, required));

    /// <summary>Declares that the route's responses have a header: those with these statuses, or all that are not problems.</summary>
    public static TBuilder ProducesHeader<TBuilder>(
        this TBuilder routes, string name, string description, string example, bool always = false, params ReadOnlySpan<int> statuses)
        where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(new ResponseHeader(name, description, example, always, statuses.ToArray().AsReadOnly()));

    /// <summary>Declares that the response has the version of its resource as the ETag.</summary>
    public static TBuilder WithETag<TBuilder>(this TBuilder routes) where TBuilder : IEndpointConventionBuilder =>
        routes.ProducesHeader("ETag", "The version of the resource, for If-Match.", "\"3\"", true, 200, 201);

    /// <summary>Declares that the route fails when the version in If-Match is not the current one.</summary>
    public static TBuilder WithIfMatch<TBuilder>(this TBuilder routes) where TBuilder : IEndpointConventionBuilder => routes
        .AcceptsHeader(
            "If-Match", "The ETag of the version to change, such as \"3\". With * or without the header, any version is changed.", "*")
        .ProducesProblems(ErrorCode.PreconditionFailed);
}
