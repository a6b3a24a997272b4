using Microsoft.Extensions.Logging;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>The progress of the reader of one queue.</summary>
internal interface IProgress
{
    /// <summary>The queue's id.</summary>
    int Queue { get; }

    /// <summary>The progress to write; null when nothing has changed, or when this reader does not own the queue.</summary>
    QueueProgress? Progress();

    /// <summary>Called when the progress was written.</summary>
    void Written(QueueProgress progress);

    /// <summary>Called when the database rejected the epoch: another silo has claimed the queue.</summary>
    void Fenced(long staleEpoch);
}

/// <summary>Writes the progress of all queues of this silo, in one statement per interval, if there is any.</summary>
/// <param name="write">Writes the progress and returns the queues that accepted it.</param>
/// <param name="interval">How long progress is collected before a write.</param>
/// <param name="log">The log.</param>
internal sealed partial class AckWriter(
    Func<IReadOnlyList<QueueProgress>, CancellationToken, Task<HashSet<int>>> write, TimeSpan interval, ILogger log) : IAsyncDisposable
{
    /// <summary>The pause after a failure.</summary>
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);

    private readonly HashSet<IProgress> dirty = [];
    private readonly SemaphoreSlim toWrite = new(0, 1);
    private readonly SemaphoreSlim writing = new(1);
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    public void Start() => running = Task.Run(RunAsync);

    /// <summary>Marks this reader's progress as changed.</summary>
    public void Changed(IProgress reader) => Mark([reader]);

    /// <summary>Writes the current progress; throws when it cannot be written.</summary>
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

    /// <summary>Schedules a write for these readers. A reader that is marked already is included in the next write.</summary>
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The progress of the event queues could not be written and is retried: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
