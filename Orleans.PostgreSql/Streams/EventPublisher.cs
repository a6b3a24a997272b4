using Npgsql;
using SoonShop.Orleans.PostgreSql.Storage;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Inserts published events. Events that arrive during a statement share the next one. The publisher's call completes after the
/// commit. If the connection breaks first, it fails and the outcome is unknown.
/// </summary>
/// <typeparam name="TEvent">The type of the events.</typeparam>
internal class EventPublisher<TEvent> : IAsyncDisposable
{
    /// <summary>Bytes in one insert statement, at most (a single event may be larger).</summary>
    private const int MaxBatchBytes = 4 * 1024 * 1024;

    private readonly BatchQueue<PendingPublication<TEvent>> queue;
    private readonly Func<IReadOnlyList<TEvent>, CancellationToken, Task<int[]>> insert;
    private readonly Func<TEvent, int> bytesOf;
    private readonly IEventSignal signal;
    private readonly TimeSpan patience;

    /// <param name="insert">Inserts all events or none, and returns the queues that have new events.</param>
    /// <param name="bytesOf">The size of an event.</param>
    /// <param name="signal">Signals the queues' readers.</param>
    /// <param name="options">Limits.</param>
    public EventPublisher(
        Func<IReadOnlyList<TEvent>, CancellationToken, Task<int[]>> insert, Func<TEvent, int> bytesOf, IEventSignal signal,
        PostgresStreamOptions options)
    {
        (this.insert, this.bytesOf, this.signal, patience) = (insert, bytesOf, signal, options.PublishPatience);
        queue = new BatchQueue<PendingPublication<TEvent>>(
            new BatchLimits(options.PublishEvents, MaxBatchBytes, options.MaxPublishing, patience), PublishAsync);
        queue.Start();
    }

    /// <summary>The number of waiting events.</summary>
    public int Depth => queue.Depth;

    /// <summary>Publishes; ends when the event is committed.</summary>
    /// <exception cref="TimeoutException">The database is overloaded; the event was not inserted.</exception>
    /// <exception cref="NpgsqlException">The database rejected the event, or the connection was lost and the outcome is
    /// unknown.</exception>
    public async Task PublishAsync(TEvent e)
    {
        var publication = new PendingPublication<TEvent>(e, bytesOf(e));
        await queue.EnqueueAsync(publication, CancellationToken.None);
        await publication.Task;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await queue.StopAsync(patience, CancellationToken.None);
    }

    private async Task PublishAsync(List<PendingPublication<TEvent>> batch, CancellationToken cancellation)
    {
        try
        {
            // Signal first: when a publisher learns of the commit, delivery has started.
            signal.Raise(await insert([.. batch.Select(p => p.Event)], cancellation));
            foreach (var publication in batch)
                publication.TrySetResult();
        }
        catch (PostgresException) when (batch.Count > 1)
        {
            // The database rejected the whole statement. The events are retried one by one, so that only the bad one fails.
            foreach (var publication in batch)
                await PublishAsync([publication], cancellation);
        }
        catch (Exception e)
        {
            foreach (var publication in batch)
                publication.TrySetException(e);
        }
    }
}

/// <summary>Inserts the events of <c>OnNextAsync</c>.</summary>
internal sealed class EventPublisher(StreamDatabase database, IEventSignal signal, PostgresStreamOptions options)
    : EventPublisher<OutgoingEvent>(database.PublishAsync, e => e.Payload.Length, signal, options);

/// <summary>An event to publish. Its publisher awaits <see cref="TaskCompletionSource.Task"/>.</summary>
internal sealed class PendingPublication<TEvent>(TEvent e, int bytes)
    : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IBatchItem
{
    public TEvent Event => e;

    /// <summary>Null: events of one stream may share a statement, which keeps their order.</summary>
    public StateKey? Key => null;

    public int Bytes => bytes;

    public bool IsSettled => Task.IsCompleted;

    public long EnqueuedAtMs { get; } = Environment.TickCount64;

    public void Reject(string reason) =>
        TrySetException(new TimeoutException($"The event was not published: {reason}. Nothing has changed; try again later."));
}
