using Npgsql;
using SoonShop.Silo.Storage;

namespace SoonShop.Silo.Streams;

/// <summary>
/// Inserts what is published: what comes while one statement is under way goes together into the next. Who publishes is
/// answered after the commit; when the connection breaks meanwhile, with an error, and the event may be there or not.
/// </summary>
/// <typeparam name="TEvent">What is inserted.</typeparam>
internal class EventPublisher<TEvent> : IAsyncDisposable
{
    /// <summary>Bytes in one insert statement, at most (a single event may be larger).</summary>
    private const int MaxBatchBytes = 4 * 1024 * 1024;

    private readonly BatchQueue<PendingPublication<TEvent>> queue;
    private readonly Func<IReadOnlyList<TEvent>, CancellationToken, Task<int[]>> insert;
    private readonly Func<TEvent, int> bytesOf;
    private readonly IEventSignal signal;
    private readonly TimeSpan patience;

    /// <param name="insert">Inserts events, all or none; answers the queues that have something new.</param>
    /// <param name="bytesOf">The size of an event.</param>
    /// <param name="signal">Wakes the queues' readers.</param>
    /// <param name="options">Limits.</param>
    public EventPublisher(Func<IReadOnlyList<TEvent>, CancellationToken, Task<int[]>> insert, Func<TEvent, int> bytesOf, IEventSignal signal, PostgresStreamOptions options)
    {
        (this.insert, this.bytesOf, this.signal, patience) = (insert, bytesOf, signal, options.PublishPatience);
        queue = new BatchQueue<PendingPublication<TEvent>>(new BatchLimits(options.PublishEvents, MaxBatchBytes, options.MaxPublishing, patience), PublishAsync);
        queue.Start();
    }

    /// <summary>Events that wait.</summary>
    public int Depth => queue.Depth;

    /// <summary>Publishes; ends when the event is committed.</summary>
    /// <exception cref="TimeoutException">The database does not keep up; the event is not there.</exception>
    /// <exception cref="NpgsqlException">The database refused the event, or the connection was lost and the event may be there or not.</exception>
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
            // The signal before the answers: who has been told of a commit may count on its events being under way.
            signal.Raise(await insert([.. batch.Select(p => p.Event)], cancellation));
            foreach (var publication in batch)
                publication.TrySetResult();
        }
        catch (PostgresException) when (batch.Count > 1)
        {
            // The database refused the statement, so nothing of it is there: one bad event fails alone.
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

/// <summary>Inserts what <c>OnNextAsync</c> publishes.</summary>
internal sealed class EventPublisher(StreamDatabase database, IEventSignal signal, PostgresStreamOptions options)
    : EventPublisher<PublishedEvent>(database.PublishAsync, e => e.Payload.Length, signal, options);

/// <summary>An event that waits to be published; its publisher awaits <see cref="TaskCompletionSource.Task"/>.</summary>
internal sealed class PendingPublication<TEvent>(TEvent e, int bytes) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IBatchItem
{
    public TEvent Event => e;

    /// <summary>None: the events of a stream may share a statement, which keeps their order.</summary>
    public StateKey? Key => null;

    public int Bytes => bytes;

    public bool IsSettled => Task.IsCompleted;

    public long EnqueuedAtMs { get; } = Environment.TickCount64;

    public void Reject(string reason) => TrySetException(new TimeoutException($"The event was not published: {reason}. Nothing has changed; try again later."));
}
