using System.Diagnostics;
using Microsoft.AspNetCore.Http.Timeouts;
using SoonShop.ApiFrontend.Grpc;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>The time that all calls of a request may take together: no call gets more time than the request has left.</summary>
/// <param name="limit">The time from now on.</param>
/// <param name="isQuery">True when the request only reads, so that each of its calls may be repeated.</param>
/// <param name="origin">What each call tells about the request; null for calls without a request.</param>
/// <param name="cancellation">Cancels queries when the client disconnects or the time is over. Commands are not cancelled.</param>
/// <param name="deadline">The shorter time that the client gives the request; null for the whole limit.</param>
internal sealed class CallBudget(
    TimeSpan limit, bool isQuery, CallOrigin? origin, CancellationToken cancellation, TimeSpan? deadline = null)
{
    /// <summary>Extra time for work that must follow a request after its time is over, such as storing its response.</summary>
    private static readonly TimeSpan Extension = TimeSpan.FromSeconds(5);

    /// <summary>A cancellation with no more time left than this counts as the deadline, whose timer started just before.</summary>
    private static readonly TimeSpan Nearly = TimeSpan.FromMilliseconds(100);

    private static readonly AsyncLocal<CallBudget?> Ambient = new();
    private readonly long start = Stopwatch.GetTimestamp();

    /// <summary>The budget of the current request; null without one, as in a long-lived stream.</summary>
    public static CallBudget? Current => Ambient.Value;

    /// <summary>The remaining time; zero or less when it is over.</summary>
    public TimeSpan Left => (deadline ?? limit) - Stopwatch.GetElapsedTime(start);

    /// <summary>True when the client has given the request less time than the shop does.</summary>
    public bool HasDeadline => deadline is not null;

    /// <summary>True when the deadline of the client is over, or nearly.</summary>
    public bool IsLate => deadline is not null && Left <= Nearly;

    public bool IsQuery => isQuery;

    public CancellationToken Cancellation => cancellation;

    public CallOrigin? Origin => origin;

    /// <summary>Gives the following code some extra seconds until disposal.</summary>
    public static IDisposable Extend()
    {
        var before = Ambient.Value;
        Ambient.Value = new CallBudget(Extension, false, before?.Origin, CancellationToken.None);
        return new Restored(before);
    }

    /// <summary>
    /// Separates a call that several requests wait for from the first request's budget: it gets the whole time for itself, whatever
    /// deadline the first client has.
    /// </summary>
    /// <param name="abandoned">Cancels the call when nobody waits for it any more.</param>
    public static void Share(CancellationToken abandoned) => Ambient.Value = Ambient.Value?.For(abandoned);

    /// <summary>
    /// Gives each request its budget, and its calls their origin. Must follow <c>UseRequestTimeouts</c>, because it passes on that
    /// middleware's token. Routes without a time limit get no budget.
    /// </summary>
    public static void Use(IApplicationBuilder app, ClusterClientOptions options)
    {
        var (call, query) = (TimeSpan.FromSeconds(options.CallTimeoutSeconds), TimeSpan.FromSeconds(options.QueryTimeoutSeconds));
        app.Use((context, next) =>
        {
            var origin = CallOrigin.Of(context);
            if (context.GetEndpoint()?.Metadata.GetMetadata<DisableRequestTimeoutAttribute>() is null)
            {
                var isQuery = RequestTimeouts.IsQuery(context);
                if (context.Request.Timeout() is { } deadline && deadline < (isQuery ? query : call))
                    return WithDeadlineAsync(context, next, isQuery ? query : call, isQuery, origin, deadline);
                Ambient.Value = isQuery
                    ? new CallBudget(query, true, origin, context.RequestAborted)
                    : new CallBudget(call, false, origin, CancellationToken.None);
            }
            else
                origin.Send();
            return next(context);
        });
    }

    /// <summary>Runs a request of a gRPC client that has a deadline. What it waits for is cancelled then.</summary>
    private static async Task WithDeadlineAsync(
        HttpContext context, RequestDelegate next, TimeSpan limit, bool isQuery, CallOrigin origin, TimeSpan deadline)
    {
        var aborted = context.RequestAborted;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        late.CancelAfter(deadline);
        context.RequestAborted = late.Token;
        Ambient.Value = new CallBudget(limit, isQuery, origin, isQuery ? late.Token : CancellationToken.None, deadline);
        try
        {
            await next(context);
        }
        finally
        {
            context.RequestAborted = aborted;
        }
    }

    private CallBudget For(CancellationToken other) => new(limit, isQuery, origin, other);

    private sealed class Restored(CallBudget? before) : IDisposable
    {
        public void Dispose() => Ambient.Value = before;
    }
}
