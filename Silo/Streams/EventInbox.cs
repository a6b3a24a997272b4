using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Silo.Streams;

/// <summary>Inserts events from outside into the event table. Concurrent events share one statement.</summary>
internal sealed class EventInbox : IEventInbox, IAsyncDisposable
{
    /// <summary>Time limit of an insert, shorter than that of the grain's caller.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    private readonly EventPublisher<IncomingEvent> publisher;
    private readonly TimeProvider time;

    public EventInbox([FromKeyedServices(ShopStreams.Provider)] StreamRuntime streams, TimeProvider time)
    {
        this.time = time;
        publisher = new EventPublisher<IncomingEvent>(streams.Database.AcceptAsync, e => e.Data.Length, streams.Signal, streams.Options);
    }

    public async Task<bool> AcceptAsync(EventEnvelope e)
    {
        var incoming = new IncomingEvent(e, JsonSerializer.SerializeToUtf8Bytes(e.Data, e.Data.GetType(), StateJson.Options));
        try
        {
            await publisher.PublishAsync(incoming).WaitAsync(Limit, time);
        }
        catch (Exception failure) when (failure is TimeoutException or Npgsql.NpgsqlException)
        {
            throw new UnavailableException(ErrorText.Of("error.not-written", "The event could not be stored. Send it again."), failure);
        }
        return incoming.IsNew;
    }

    public ValueTask DisposeAsync() => publisher.DisposeAsync();
}

/// <summary>An event from outside, waiting for its insert.</summary>
internal sealed class IncomingEvent(EventEnvelope envelope, byte[] data)
{
    public EventEnvelope Envelope => envelope;

    public byte[] Data => data;

    /// <summary>True once it was inserted; false when an event with its id exists.</summary>
    public bool IsNew { get; set; }
}
