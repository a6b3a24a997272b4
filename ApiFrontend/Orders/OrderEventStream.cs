using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Users;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>Streams an order's status changes as server-sent events. An event's id is its position in the timeline.</summary>
internal sealed class OrderEventStream(IHostApplicationLifetime lifetime, Sessions sessions, TimeProvider time)
{
    /// <summary>A heartbeat is sent after this time without a change, so that proxies keep the connection.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(8);

    /// <summary>The longest duration of a stream. The client then reconnects with <c>Last-Event-ID</c> and a valid token.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromMinutes(15);

    /// <summary>How long clients wait before they reconnect.</summary>
    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(3);

    /// <summary>The most connections of this process. Each holds a socket and a grain call.</summary>
    private const int MaxConnections = 2000;

    private int connections;

    public static Task<Results<ServerSentEventsResult<TimelineEntry>, NoContent, Problem>> GetAsync(
        Guid id, HttpContext context, IClusterClient cluster, OrderEventStream stream) =>
        stream.OpenAsync(cluster.GetGrain<IOrderGrain>(id), context);

    private async Task<Results<ServerSentEventsResult<TimelineEntry>, NoContent, Problem>> OpenAsync(IOrderGrain order, HttpContext context)
    {
        var seen = 0;
        if (context.Request.Headers["Last-Event-ID"] is { Count: > 0 } last && last != ""
            && !int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out seen))
            return BadLastEventId;
        var caller = context.Caller();
        // This call does not wait. If the order has too many watchers, it is refused here, while a problem can still be sent.
        var first = await order.WatchAsync(caller, seen, TimeSpan.Zero, context.RequestAborted);
        if (first.IsError)
            return new Problem(first.Error);
        if (seen > first.Value.Timeline.Length)
            return BadLastEventId;
        // No further changes follow: 204 makes EventSource stop reconnecting (HTML Standard, section 9.2.3).
        if (seen == first.Value.Timeline.Length && HasEnded(first.Value))
            return TypedResults.NoContent();
        if (Volatile.Read(ref connections) >= MaxConnections)
            return new Problem(Error.Of(
                ErrorCode.RateLimited, "error.all-watchers",
                "Too many live connections. Poll the order instead.").WithRetryAfter(TimeSpan.FromSeconds(10)));
        // Proxies that buffer responses would delay the events.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(FollowAsync(order, context.User, caller, seen, context.RequestAborted));
    }

    private async IAsyncEnumerable<SseItem<TimelineEntry>> FollowAsync(
        IOrderGrain order, ClaimsPrincipal user, Caller caller, int seen, [EnumeratorCancellation] CancellationToken aborted)
    {
        // A stopping process ends its streams, so that clients reconnect to another one.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        var until = time.GetUtcNow() + MaxDuration;
        Interlocked.Increment(ref connections);
        try
        {
            var reconnect = (TimeSpan?)Reconnect;
            while (time.GetUtcNow() < until)
            {
                if (await WatchAsync(order, caller, seen, end.Token) is not { } now || !await IsStillOpenAsync(user))
                    yield break;
                if (now.Timeline.Length <= seen)
                    yield return new SseItem<TimelineEntry>(now.Timeline[^1], "heartbeat") { ReconnectionInterval = reconnect };
                for (; seen < now.Timeline.Length; seen++)
                {
                    yield return new SseItem<TimelineEntry>(now.Timeline[seen], "status")
                    {
                        EventId = (seen + 1).ToString(CultureInfo.InvariantCulture),
                        ReconnectionInterval = reconnect,
                    };
                    reconnect = null;
                }
                reconnect = null;
                if (HasEnded(now))
                    yield break;
            }
        }
        finally
        {
            Interlocked.Decrement(ref connections);
        }
    }

    /// <summary>
    /// Returns the order when it has changed, or for a heartbeat. Null when the stream must end and the client must reconnect.
    /// </summary>
    private static async Task<Order?> WatchAsync(IOrderGrain order, Caller caller, int seen, CancellationToken end)
    {
        try
        {
            return (await order.WatchAsync(caller, seen, Heartbeat, end)).Value;
        }
        catch (Exception e)
            when (e is UnavailableException or CallLostException or TimeoutException or OrleansException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Ends the stream for a session that was ended meanwhile.</summary>
    private async ValueTask<bool> IsStillOpenAsync(ClaimsPrincipal user)
    {
        try
        {
            return user.UserId() is null || await sessions.CheckAsync(user, null) is not null;
        }
        catch (UnavailableException)
        {
            return false;
        }
    }

    private static bool HasEnded(Order order) =>
        order.Status is OrderStatus.Cancelled or OrderStatus.Rejected or OrderStatus.Expired or OrderStatus.Refunded;

    private static Problem BadLastEventId => new(Error.Invalid("Last-Event-ID", "field.event-id", "is not an event id of this stream"));
}
