using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>An order's status changes as server-sent events; the event's id is its place in the timeline.</summary>
internal static class OrderEventStream
{
    /// <summary>Longer than one wait, and there is a heartbeat, so that proxies keep the connection.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(8);

    /// <summary>A client that wants more connects again with <c>Last-Event-ID</c>.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromMinutes(30);

    public static async Task<Results<ServerSentEventsResult<TimelineEntry>, Problem>> GetAsync(Guid id, HttpContext context, IClusterClient cluster, TimeProvider time)
    {
        var seen = 0;
        if (context.Request.Headers["Last-Event-ID"] is { Count: > 0 } last
            && !int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out seen))
            return new Problem(Refusal.Invalid("Last-Event-ID", "is none that this stream gave"));
        var caller = context.Caller();
        var order = cluster.GetGrain<IOrderGrain>(id);
        var first = await order.GetAsync(caller);
        return first.IsRefused ? new Problem(first.Refusal) : TypedResults.ServerSentEvents(FollowAsync(order, caller, seen, time, context.RequestAborted));
    }

    private static async IAsyncEnumerable<SseItem<TimelineEntry>> FollowAsync(
        IOrderGrain order, Caller caller, int seen, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var until = time.GetUtcNow() + MaxDuration;
        while (!cancellation.IsCancellationRequested && time.GetUtcNow() < until)
        {
            var outcome = await order.WatchAsync(caller, seen, Heartbeat);
            if (outcome.IsRefused)
                yield break;
            var timeline = outcome.Value.Timeline;
            if (timeline.Length <= seen)
                yield return new SseItem<TimelineEntry>(timeline[^1], "heartbeat");
            for (; seen < timeline.Length; seen++)
                yield return new SseItem<TimelineEntry>(timeline[seen], "status") { EventId = (seen + 1).ToString(CultureInfo.InvariantCulture) };
            if (outcome.Value.Status is OrderStatus.Cancelled or OrderStatus.Rejected or OrderStatus.Expired or OrderStatus.Refunded)
                yield break;
        }
    }
}
