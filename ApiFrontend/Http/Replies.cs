using Microsoft.AspNetCore.Http.HttpResults;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Turns outcomes into answers.</summary>
internal static class Replies
{
    /// <summary>200 with the value, or the problem.</summary>
    public static Results<Ok<T>, Problem> Ok<T>(this Outcome<T> outcome) =>
        outcome.IsRefused ? new Problem(outcome.Refusal) : TypedResults.Ok(outcome.Value);

    /// <summary>200 with something made of the value, or the problem.</summary>
    public static Results<Ok<TView>, Problem> Ok<T, TView>(this Outcome<T> outcome, Func<T, TView> view) =>
        outcome.IsRefused ? new Problem(outcome.Refusal) : TypedResults.Ok(view(outcome.Value));

    /// <summary>201 with the value and its place, or the problem.</summary>
    public static Results<Created<T>, Problem> Created<T>(this Outcome<T> outcome, Func<T, string> location) =>
        outcome.IsRefused ? new Problem(outcome.Refusal) : TypedResults.Created("/api/v1" + location(outcome.Value), outcome.Value);

    /// <summary>204, or the problem.</summary>
    public static Results<NoContent, Problem> NoContent<T>(this Outcome<T> outcome) =>
        outcome.IsRefused ? new Problem(outcome.Refusal) : TypedResults.NoContent();

    /// <summary>Sets the ETag of a granted outcome.</summary>
    public static Outcome<T> WithETag<T>(this Outcome<T> outcome, HttpContext context, Func<T, int> version)
    {
        if (!outcome.IsRefused)
            context.Response.Headers.ETag = ETags.Of(version(outcome.Value));
        return outcome;
    }
}
