using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// The content of one row of the event table: one committed event, or the events of one call of <c>OnNextAsync</c> or
/// <c>OnNextBatchAsync</c>.
/// </summary>
[GenerateSerializer, Immutable, Alias("postgres-stream-batch")]
internal sealed class BatchContainer : IBatchContainer
{
    [Id(0)] private readonly StreamId stream;
    [Id(1)] private readonly EventSequenceTokenV2 token;
    [Id(2)] private readonly object[] events;
    [Id(3)] private readonly Dictionary<string, object>? requestContext;

    /// <summary>The cursor that received this copy.</summary>
    [NonSerialized] private readonly StreamCursor? cursor;

    [NonSerialized] private readonly PendingEvent? source;

    public BatchContainer(
        StreamId stream, EventSequenceTokenV2 token, object[] events, Dictionary<string, object>? requestContext, PendingEvent? source)
        => (this.stream, this.token, this.events, this.requestContext, this.source) = (stream, token, events, requestContext, source);

    private BatchContainer(BatchContainer batch, StreamCursor cursor)
        : this(batch.stream, batch.token, batch.events, batch.requestContext, batch.source) => this.cursor = cursor;

    public StreamId StreamId => stream;

    public StreamSequenceToken SequenceToken => token;

    /// <summary>The event that the container was created from; null at the consumer.</summary>
    internal PendingEvent? Source => source;

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>()
    {
        for (var i = 0; i < events.Length; i++)
        {
            if (events[i] is T e)
                yield return Tuple.Create<T, StreamSequenceToken>(e, token.CreateSequenceTokenForEvent(i));
        }
    }

    /// <summary>Called by Orleans at each attempt to deliver this container, or a delivery that starts with it.</summary>
    public bool ImportRequestContext()
    {
        cursor?.Delivering();
        if (requestContext is not { Count: > 0 })
            return false;
        RequestContextExtensions.Import(requestContext);
        return true;
    }

    /// <summary>Returns a copy for one cursor.</summary>
    internal BatchContainer For(StreamCursor cursor) => new(this, cursor);
}
