using System.Diagnostics;

namespace SoonShop.Events;

/// <summary>
/// The part that events have in traces, as source <c>SoonShop.Events</c>: a trace goes on across the event table, because each row carries the
/// context in which its event was decided.
/// </summary>
internal static class EventTraces
{
    private static readonly ActivitySource Source = new("SoonShop.Events");

    /// <summary>
    /// The context in which something is decided now, in the form of W3C's <c>traceparent</c>. Where nothing is recorded, spans come and go
    /// between grains without knowing of one another, and the request itself is the context.
    /// </summary>
    public static string? Parent =>
        Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : RequestContext.Get(RequestKeys.TraceParent) as string;

    /// <summary>Notes the time that an event of a recorded trace spent in the table and its stream; answers the context of what follows.</summary>
    public static string? Delivered(CloudEvent e, DateTimeOffset now)
    {
        if (!Source.HasListeners() || !ActivityContext.TryParse(e.TraceParent, null, isRemote: true, out var parent) || !parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
            return e.TraceParent;
        var since = e.NotBefore ?? e.Time;
        // Two silos' clocks may differ.
        using var waited = Source.StartActivity($"deliver {e.Type}", ActivityKind.Consumer, parent, Tags(e), startTime: since < now ? since : now);
        waited?.SetEndTime(now.UtcDateTime);
        return waited?.Id ?? e.TraceParent;
    }

    /// <summary>Begins an attempt to handle an event.</summary>
    public static Activity? Handling(CloudEvent e, string handler, int attempt, string? parent) => Source.HasListeners()
        ? Source.StartActivity($"handle {e.Type}", ActivityKind.Consumer, parent!, Tags(e))?.SetTag("soonshop.handler", handler).SetTag("soonshop.attempt", attempt)
        : null;

    private static KeyValuePair<string, object?>[] Tags(CloudEvent e) =>
    [
        new("messaging.system", "soonshop"),
        new("messaging.destination.name", e.StreamNamespace),
        new("messaging.message.id", e.Id),
        new("soonshop.event.type", e.Type),
    ];
}
