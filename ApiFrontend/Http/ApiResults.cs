using Microsoft.AspNetCore.Http.HttpResults;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Converts results to HTTP responses.</summary>
internal static class ApiResults
{
    /// <summary>Returns 200 with the value, or the problem.</summary>
    public static Results<Ok<T>, Problem> Ok<T>(this Result<T> result) =>
        result.IsError ? new Problem(result.Error) : TypedResults.Ok(result.Value);

    /// <summary>Returns 200 with a view of the value, or the problem.</summary>
    public static Results<Ok<TView>, Problem> Ok<T, TView>(this Result<T> result, Func<T, TView> view) =>
        result.IsError ? new Problem(result.Error) : TypedResults.Ok(view(result.Value));

    /// <summary>Returns 201 with the value and its location, or the problem.</summary>
    public static Results<Created<T>, Problem> Created<T>(this Result<T> result, Func<T, string> location) =>
        result.IsError ? new Problem(result.Error) : TypedResults.Created("/api/v1" + location(result.Value), result.Value);

    /// <summary>Returns 204, or the problem.</summary>
    public static Results<NoContent, Problem> NoContent<T>(this Result<T> result) =>
        result.IsError ? new Problem(result.Error) : TypedResults.NoContent();

    /// <summary>Sets the ETag of a successful result.</summary>
    public static Result<T> WithETag<T>(this Result<T> result, HttpContext context, Func<T, int> version)
    {
        if (!result.IsError)
            context.Response.Headers.ETag = ETags.Of(version(result.Value));
        return result;
    }
}
