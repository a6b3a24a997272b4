using Microsoft.Extensions.Logging;

namespace SoonShop.Silo.Streams;

/// <summary>Writes the progress of all queues of this silo, in one statement every few milliseconds while there is any.</summary>
internal sealed partial class AckWriter(StreamDatabase database, TimeSpan interval, ILogger log) : IAsyncDisposable
{
    private readonly HashSet<QueueReader> dirty = [];
    private readonly SemaphoreSlim toWrite = new(0, 1);
    private readonly SemaphoreSlim writing = new(1);
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    public void Start() => running = Task.Run(RunAsync);

    /// <summary>Something of this reader's queue is done with.</summary>
    public void Changed(QueueReader reader)
    {
        lock (dirty)
        {
            if (dirty.Add(reader) && dirty.Count == 1 && toWrite.CurrentCount == 0)
                toWrite.Release();
        }
    }

    /// <summary>Writes what there is now; throws when it cannot be written.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        await writing.WaitAsync(cancellation);
        try
        {
            QueueReader[] readers;
            lock (dirty)
            {
                readers = [.. dirty];
                dirty.Clear();
            }
            var progress = readers.Select(r => r.Progress()).OfType<QueueProgress>().ToList();
            if (progress.Count == 0)
                return;
            try
            {
                var taken = await database.AcknowledgeAsync(progress, cancellation);
                foreach (var p in progress.Where(p => !taken.Contains(p.Queue)))
                    readers.First(r => r.Queue == p.Queue).Fenced(p.Epoch);
            }
            catch
            {
                lock (dirty)
                    dirty.UnionWith(readers);
                throw;
            }
        }
        finally
        {
            writing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var pause = interval;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await toWrite.WaitAsync(pause * 20, stopping.Token);
                await Task.Delay(pause, stopping.Token);
                await FlushAsync(stopping.Token);
                pause = interval;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                pause = TimeSpan.FromSeconds(1);
                LogFailure(log, e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What was handled of the event queues cannot be written now; it is tried again: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
