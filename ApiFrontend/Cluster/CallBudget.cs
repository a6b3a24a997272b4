using System.Diagnostics;
using Microsoft.AspNetCore.Http.Timeouts;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>What the calls of a request may take together: none of them gets more time than the request has left.</summary>
/// <param name="limit">From now on.</param>
/// <param name="isQuery">True when the request only reads, so that each of its calls may be made again.</param>
/// <param name="origin">What each of the calls tells of the request; null for calls of no request.</param>
/// <param name="cancellation">Ends queries: the client hung up, or the time is over. Commands are not cut in the middle.</param>
internal sealed class CallBudget(TimeSpan limit, bool isQuery, CallOrigin? origin, CancellationToken cancellation)
{
    /// <summary>For what must follow a request whose time is over, such as to keep its answer.</summary>
    private static readonly TimeSpan Extension = TimeSpan.FromSeconds(5);

    private static readonly AsyncLocal<CallBudget?> Ambient = new();
    private readonly long start = Stopwatch.GetTimestamp();

    /// <summary>That of the request that is being handled; null where there is none, as in a stream that goes on for long.</summary>
    public static CallBudget? Current => Ambient.Value;

    /// <summary>How much of the time is left; zero or less when it is over.</summary>
    public TimeSpan Left => limit - Stopwatch.GetElapsedTime(start);

    public bool IsQuery => isQuery;

    public CancellationToken Cancellation => cancellation;

    public CallOrigin? Origin => origin;

    /// <summary>Gives what follows, until disposal, some seconds of its own.</summary>
    public static IDisposable Extend()
    {
        var before = Ambient.Value;
        Ambient.Value = new CallBudget(Extension, false, before?.Origin, CancellationToken.None);
        return new Restored(before);
    }

    /// <summary>Frees a call that several requests wait for from the one that came first: it has the whole time for itself.</summary>
    /// <param name="abandoned">Ends it when nobody waits any more.</param>
    public static void Share(CancellationToken abandoned) => Ambient.Value = Ambient.Value?.For(abandoned);

    /// <summary>
    /// Gives each request its budget and its calls their origin. Stands after <c>UseRequestTimeouts</c>, whose token it hands on; routes
    /// without a time limit there have no budget here.
    /// </summary>
    public static void Use(IApplicationBuilder app, ClusterClientOptions options)
    {
        var (call, query) = (TimeSpan.FromSeconds(options.CallTimeoutSeconds), TimeSpan.FromSeconds(options.QueryTimeoutSeconds));
        app.Use((context, next) =>
        {
            var origin = CallOrigin.Of(context);
            if (context.GetEndpoint()?.Metadata.GetMetadata<DisableRequestTimeoutAttribute>() is null)
            {
                var isQuery = RequestTimeouts.IsQuery(context.Request.Method);
                Ambient.Value = isQuery
                    ? new CallBudget(query, true, origin, context.RequestAborted)
                    : new CallBudget(call, false, origin, CancellationToken.None);
            }
            else
                origin.Send();
            return next(context);
        });
    }

    private CallBudget For(CancellationToken other) => new(limit, isQuery, origin, other);

    private sealed class Restored(CallBudget? before) : IDisposable
    {
        public void Dispose() => Ambient.Value = before;
    }
}
