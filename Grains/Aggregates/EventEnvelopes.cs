using SoonShop.Events;

namespace SoonShop.Aggregates;

/// <summary>Wraps the events of a commit.</summary>
internal static class EventEnvelopes
{
    /// <summary>Wraps events. Their correlation, cause and trace are those of the running call.</summary>
    /// <param name="aggregate">The namespace of the aggregate's stream.</param>
    /// <param name="grainKey">The key of the grain.</param>
    /// <param name="streamKey">The key of the stream, unless an event has a stream of its own.</param>
    /// <param name="events">The events.</param>
    /// <param name="sequence">The number of events that the grain has published before.</param>
    /// <param name="now">The time.</param>
    public static EventEnvelope[] Of(
        string aggregate, string grainKey, string streamKey, IReadOnlyList<IShopEvent> events, long sequence, DateTimeOffset now)
    {
        var source = $"/{aggregate}/{grainKey}";
        var own = new EventStream(aggregate, streamKey);
        var correlation = RequestContext.Get(RequestKeys.CorrelationId) as string;
        var trace = EventTraces.Parent;
        var causation = RequestContext.Get(RequestKeys.CausationId) as string;
        var envelopes = new EventEnvelope[events.Count];
        for (var i = 0; i < envelopes.Length; i++)
        {
            var number = sequence + i + 1;
            var stream = events[i].Stream ?? own;
            envelopes[i] = new EventEnvelope(
                $"{source}#{number}", source, number, events[i].Type, grainKey, stream.Namespace, stream.Key,
                now, events[i].NotBefore, correlation, causation, trace, events[i]);
        }
        return envelopes;
    }
}
