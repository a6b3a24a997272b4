using System.Threading.Channels;

namespace SoonShop.Silo.Streams;

/// <summary>
/// Inserts what is published: what comes while one statement is under way goes together into the next. Who publishes is
/// answered after the commit; when the connection breaks meanwhile, with an error, and the event may be there or not.
/// </summary>
internal sealed class EventPublisher : IAsyncDisposable
{
    private readonly Channel<Waiting> queue;
    private readonly StreamDatabase database;
    private readonly IEventSignal signal;
    private readonly int batchSize;
    private readonly Task running;

    public EventPublisher(StreamDatabase database, IEventSignal signal, PostgresStreamOptions options)
    {
        (this.database, this.signal, batchSize) = (database, signal, options.PublishEvents);
        queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(options.MaxPublishing) { SingleReader = true });
        running = Task.Run(RunAsync);
    }

    /// <summary>Publishes; ends when the event is committed.</summary>
    public async Task PublishAsync(PublishedEvent e)
    {
        var waiting = new Waiting(e, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await queue.Writer.WriteAsync(waiting);
        await waiting.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await running;
    }

    private async Task RunAsync()
    {
        var batch = new List<Waiting>(batchSize);
        while (await queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < batchSize && queue.Reader.TryRead(out var waiting))
                batch.Add(waiting);
            try
            {
                signal.Raise(await database.PublishAsync([.. batch.Select(w => w.Event)], CancellationToken.None));
                foreach (var waiting in batch)
                    waiting.Done.SetResult();
            }
            catch (Npgsql.PostgresException) when (batch.Count > 1)
            {
                // The database refused the statement, so nothing of it is there: one bad event fails alone.
                foreach (var waiting in batch)
                    await PublishAloneAsync(waiting);
            }
            catch (Exception e)
            {
                foreach (var waiting in batch)
                    waiting.Done.SetException(e);
            }
        }
    }

    private async Task PublishAloneAsync(Waiting waiting)
    {
        try
        {
            signal.Raise(await database.PublishAsync([waiting.Event], CancellationToken.None));
            waiting.Done.SetResult();
        }
        catch (Exception e)
        {
            waiting.Done.SetException(e);
        }
    }

    private sealed record Waiting(PublishedEvent Event, TaskCompletionSource Done);
}
