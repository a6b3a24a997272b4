using Orleans.Serialization;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>Converts between published events and rows of the event table.</summary>
/// <param name="serializer">The format of published events.</param>
/// <param name="committed">Converts a committed event to what its consumers receive.</param>
internal sealed class EventFormat(Serializer<PublishedBatch> serializer, Func<CommittedEvent, object> committed)
{
    public byte[] Write(object[] events, Dictionary<string, object>? requestContext) =>
        serializer.SerializeToArray(new PublishedBatch(events, requestContext is { Count: > 0 } ? requestContext : null));

    /// <summary>Reads the events of a row. Throws when the row cannot be deserialized.</summary>
    public (object[] Events, Dictionary<string, object>? RequestContext) Read(EventRow row)
    {
        if (row.Data is { } data)
        {
            var e = new CommittedEvent(
                row.Id, row.Source, row.Sequence, row.Type, row.Subject, row.Namespace, row.Key, row.Time, row.NotBefore,
                row.CorrelationId, row.CausationId, row.TraceParent, data);
            return ([committed(e)], null);
        }
        var batch = serializer.Deserialize(row.Payload!) ?? throw new InvalidDataException("The payload holds nothing.");
        return (batch.Events, batch.RequestContext);
    }
}

/// <summary>The events of one publishing call, as stored in the database.</summary>
[GenerateSerializer, Immutable, Alias("postgres-stream-published")]
internal sealed record PublishedBatch([property: Id(0)] object[] Events, [property: Id(1)] Dictionary<string, object>? RequestContext);
