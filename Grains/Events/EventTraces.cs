using System.Diagnostics;

namespace SoonShop.Events;

/// <summary>
/// Adds events to traces, with the source <c>SoonShop.Events</c>. A trace continues across the event table, because each row contains the
/// context in which its event was decided.
/// </summary>
internal static class EventTraces
{
    private static readonly ActivitySource Source = new("SoonShop.Events");

    /// <summary>
    /// The current context in the form of W3C's <c>traceparent</c>. When nothing is recorded, spans in different grains are not connected,
    /// so the context is that of the request itself.
    /// </summary>
    public static string? Parent =>
        Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C, Id: { } id }
            ? id
            : RequestContext.Get(RequestKeys.TraceParent) as string;

    /// <summary>
    /// Records how long an event of a recorded trace was in the table and its stream. Returns the context for the handlers.
    /// </summary>
    public static string? Delivered(CloudEvent e, DateTimeOffset now)
    {
        if (!Source.HasListeners()
            || !ActivityContext.TryParse(e.TraceParent, null, isRemote: true, out var parent)
            || !parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
            return e.TraceParent;
        var since = e.NotBefore ?? e.Time;
        // The clocks of two silos may differ.
        using var waited = Source.StartActivity(
            $"deliver {e.Type}", ActivityKind.Consumer, parent, Tags(e), startTime: since < now ? since : now);
        waited?.SetEndTime(now.UtcDateTime);
        return waited?.Id ?? e.TraceParent;
    }

    /// <summary>Starts the activity of an attempt to handle an event.</summary>
    public static Activity? Handling(CloudEvent e, string handler, int attempt, string? parent) => Source.HasListeners()
        ? Source.StartActivity($"handle {e.Type}", ActivityKind.Consumer, parent!, Tags(e))?.SetTag("soonshop.handler", handler)
            .SetTag("soonshop.attempt", attempt)
        : null;

    private static KeyValuePair<string, object?>[] Tags(CloudEvent e) =>
    [
        new("messaging.system", "soonshop"),
        new("messaging.destination.name", e.StreamNamespace),
        new("messaging.message.id", e.Id),
        new("soonshop.event.type", e.Type),
    ];
}
