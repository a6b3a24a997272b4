using Microsoft.Extensions.Logging;

namespace SoonShop.Silo.Streams;

/// <summary>Whose progress is written: the reader of one queue.</summary>
internal interface IProgress
{
    /// <summary>The queue's id.</summary>
    int Queue { get; }

    /// <summary>What to write about the queue; null when there is nothing new, or nothing that this reader may write.</summary>
    QueueProgress? Progress();

    /// <summary>It was written.</summary>
    void Written(QueueProgress progress);

    /// <summary>The database refused what was written under an epoch: another silo has claimed the queue.</summary>
    void Fenced(long staleEpoch);
}

/// <summary>Writes the progress of all queues of this silo, in one statement every few hundred milliseconds while there is any.</summary>
/// <param name="write">Writes; answers the queues that took it.</param>
/// <param name="interval">How long progress is gathered.</param>
/// <param name="log">Is told of failures.</param>
internal sealed partial class AckWriter(
    Func<IReadOnlyList<QueueProgress>, CancellationToken, Task<HashSet<int>>> write, TimeSpan interval, ILogger log) : IAsyncDisposable
{
    /// <summary>How long after a failure it is tried again.</summary>
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);

    private readonly HashSet<IProgress> dirty = [];
    private readonly SemaphoreSlim toWrite = new(0, 1);
    private readonly SemaphoreSlim writing = new(1);
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    public void Start() => running = Task.Run(RunAsync);

    /// <summary>Something of this reader's queue is done with.</summary>
    public void Changed(IProgress reader) => Mark([reader]);

    /// <summary>Writes what there is now; throws when it cannot be written.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        await writing.WaitAsync(cancellation);
        try
        {
            IProgress[] readers;
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
                var taken = await write(progress, cancellation);
                foreach (var p in progress)
                {
                    var reader = readers.First(r => r.Queue == p.Queue);
                    if (taken.Contains(p.Queue))
                        reader.Written(p);
                    else
                        reader.Fenced(p.Epoch);
                }
            }
            catch
            {
                Mark(readers);
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

    /// <summary>Sees to it that these are written. Whoever is there already waits for a write that is to come.</summary>
    private void Mark(ReadOnlySpan<IProgress> readers)
    {
        lock (dirty)
        {
            foreach (var reader in readers)
                dirty.Add(reader);
            if (toWrite.CurrentCount == 0)
                toWrite.Release();
        }
    }

    private async Task RunAsync()
    {
        var pause = interval;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await toWrite.WaitAsync(stopping.Token);
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
                pause = FailurePause;
                LogFailure(log, e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What was handled of the event queues cannot be written now; it is tried again: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
