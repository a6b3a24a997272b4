using Microsoft.Extensions.Logging;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>Converts rows of the event table to events, and finds out how each is delivered.</summary>
internal sealed partial class EventDecoder(ReaderServices services)
{
    /// <summary>Converts the rows. An event that cannot be deserialized says why.</summary>
    public async Task<List<PendingEvent>> DecodeAsync(List<EventRow> rows)
    {
        // Checked with each read: a silo that joined may have new consumers.
        Dictionary<string, Route> routes = [];
        var events = new List<PendingEvent>(rows.Count);
        foreach (var row in rows)
        {
            var stream = StreamId.Create(row.Namespace.Length == 0 ? null : row.Namespace, row.Key);
            if (!routes.TryGetValue(row.Namespace, out var route))
                routes.Add(row.Namespace, route = await services.Consumers.RouteAsync(stream));
            events.Add(Decode(row, stream, route));
        }
        return events;
    }

    private PendingEvent Decode(EventRow row, StreamId stream, Route route)
    {
        try
        {
            var (events, context) = services.Format.Read(row);
            return new PendingEvent
            {
                Position = row.Position,
                EventId = row.Id,
                EventType = row.Type,
                Stream = stream,
                // Lanes have no events of OnNextAsync.
                Route = route == Route.Lane && row.Data is null ? Route.Stream : route,
                Events = events,
                RequestContext = context,
                Bytes = row.Bytes,
            };
        }
        catch (Exception e)
        {
            LogUnreadable(services.Log, services.Provider, row.Id, row.Type, e.Message);
            return new PendingEvent
            {
                Position = row.Position,
                EventId = row.Id,
                EventType = row.Type,
                Stream = stream,
                Events = [],
                Bytes = row.Bytes,
                Unreadable = e,
            };
        }
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Event {EventId} of type {Type} in {Provider} cannot be deserialized and counts as undelivered: {Reason}")]
    private static partial void LogUnreadable(ILogger log, string provider, string eventId, string type, string reason);
}
