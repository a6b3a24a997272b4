using Microsoft.AspNetCore.Http.HttpResults;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Turns outcomes into answers.</summary>
internal static class ApiResults
{
    /// <summary>200 with the value, or the problem.</summary>
    public static Results<Ok<T>, Problem> Ok<T>(this Result<T> result) =>
        result.IsError ? new Problem(result.Error) : TypedResults.Ok(result.Value);

    /// <summary>200 with something made of the value, or the problem.</summary>
    public static Results<Ok<TView>, Problem> Ok<T, TView>(this Result<T> result, Func<T, TView> view) =>
        result.IsError ? new Problem(result.Error) : TypedResults.Ok(view(result.Value));

    /// <summary>201 with the value and its place, or the problem.</summary>
    public static Results<Created<T>, Problem> Created<T>(this Result<T> result, Func<T, string> location) =>
        result.IsError ? new Problem(result.Error) : TypedResults.Created("/api/v1" + location(result.Value), result.Value);

    /// <summary>204, or the problem.</summary>
    public static Results<NoContent, Problem> NoContent<T>(this Result<T> result) =>
        result.IsError ? new Problem(result.Error) : TypedResults.NoContent();

    /// <summary>Sets the ETag of a granted outcome.</summary>
    public static Result<T> WithETag<T>(this Result<T> result, HttpContext context, Func<T, int> version)
    {
        if (!result.IsError)
            context.Response.Headers.ETag = ETags.Of(version(result.Value));
        return result;
    }
}
