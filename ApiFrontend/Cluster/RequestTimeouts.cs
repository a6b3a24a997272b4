using Microsoft.AspNetCore.Http.Timeouts;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// The time limits of requests. Queries are cancelled when their time is over; commands end by the limits of their calls.
/// </summary>
internal static class RequestTimeouts
{
    private const string Queries = "queries";
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    public static void AddShopTimeouts(this IServiceCollection services, ClusterClientOptions options) => services.AddRequestTimeouts(o =>
        o.AddPolicy(Queries, new RequestTimeoutPolicy
        {
            Timeout = TimeSpan.FromSeconds(options.QueryTimeoutSeconds),
            TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable,
            WriteTimeoutResponse = context =>
                new Problem(Error.Of(
                    ErrorCode.Unavailable, "error.late",
                    "The shop does not answer in time. Try again.").WithRetryAfter(RetryAfter)).ExecuteAsync(context),
        }));

    /// <summary>Sets the time limit of queries for routes that read.</summary>
    public static TBuilder WithShopTimeouts<TBuilder>(this TBuilder routes) where TBuilder : IEndpointConventionBuilder
    {
        routes.Add(endpoint =>
        {
            if (endpoint.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault() is { HttpMethods: [var method] } && IsQuery(method))
                endpoint.Metadata.Add(new RequestTimeoutAttribute(Queries));
        });
        return routes;
    }

    /// <summary>Declares that routes only read, although their method is POST, and sets the time limit of queries.</summary>
    public static TBuilder OnlyReads<TBuilder>(this TBuilder routes) where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(ReadingRoute.Instance, new RequestTimeoutAttribute(Queries));

    /// <summary>True for requests that change nothing.</summary>
    public static bool IsQuery(HttpContext context) =>
        IsQuery(context.Request.Method) || context.GetEndpoint()?.Metadata.GetMetadata<ReadingRoute>() is not null;

    /// <summary>True for HTTP methods that change nothing.</summary>
    public static bool IsQuery(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    /// <summary>Marks a route.</summary>
    private sealed class ReadingRoute
    {
        public static readonly ReadingRoute Instance = new();
    }
}
