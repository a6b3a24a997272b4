using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Silo.Events;

/// <summary>Inserts events from outside into the event table. Concurrent events share one statement.</summary>
internal sealed class EventInbox : IEventInbox, IAsyncDisposable
{
    /// <summary>Time limit of an insert, shorter than that of the grain's caller.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    private readonly StreamDatabase database;
    private readonly EventPublisher<IncomingEvent> publisher;
    private readonly TimeProvider time;

    public EventInbox([FromKeyedServices(ShopStreams.Provider)] StreamRuntime streams, TimeProvider time)
    {
        (database, this.time) = (streams.Database, time);
        publisher = new EventPublisher<IncomingEvent>(InsertAsync, e => e.Data.Length, streams.Signal, streams.Options);
    }

    public async Task<bool> AcceptAsync(EventEnvelope e)
    {
        var incoming = new IncomingEvent(e, JsonSerializer.SerializeToUtf8Bytes(e.Data, e.Data.GetType(), StateJson.Options));
        try
        {
            await publisher.PublishAsync(incoming).WaitAsync(Limit, time);
        }
        catch (Exception failure) when (failure is TimeoutException or NpgsqlException)
        {
            throw new UnavailableException(ErrorText.Of("error.not-written", "The event could not be stored. Send it again."), failure);
        }
        return incoming.IsNew;
    }

    public ValueTask DisposeAsync() => publisher.DisposeAsync();

    /// <summary>Inserts events, each id once, and returns the queues that have new events.</summary>
    private async Task<int[]> InsertAsync(IReadOnlyList<IncomingEvent> events, CancellationToken cancellation)
    {
        T[] Column<T>(Func<EventEnvelope, T> of) => [.. events.Select(e => of(e.Envelope))];

        await using var command = database.Source.CreateCommand(
            "select ids, queues from accept_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
        foreach (var value in (object[])
            [
                database.Provider, Column(e => e.Id), Column(e => e.Source), Column(e => e.Type), Column(e => e.Subject),
                Column(e => e.StreamNamespace), Column(e => e.StreamKey), Column(e => e.Time.UtcDateTime), Column(e => e.CorrelationId),
                Column(e => e.CausationId), Column(e => e.TraceParent),
            ])
        {
            command.Parameters.Add(new() { Value = value });
        }
        command.Parameters.Add(
            new() { Value = events.Select(e => e.Data).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var (ids, queues) = reader.IsDBNull(0) ? ([], []) : (reader.GetFieldValue<string[]>(0), reader.GetFieldValue<int[]>(1));
        // Reads to the end: only the end of the results proves that the commit succeeded.
        await reader.NextResultAsync(cancellation);
        var accepted = ids.ToHashSet();
        // Of two events with one id, the first was inserted.
        foreach (var e in events)
            e.IsNew = accepted.Remove(e.Envelope.Id);
        return queues;
    }
}

/// <summary>An event from outside, waiting for its insert.</summary>
internal sealed class IncomingEvent(EventEnvelope envelope, byte[] data)
{
    public EventEnvelope Envelope => envelope;

    public byte[] Data => data;

    /// <summary>True once it was inserted; false when an event with its id exists.</summary>
    public bool IsNew { get; set; }
}
