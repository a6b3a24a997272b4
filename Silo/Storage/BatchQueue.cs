using System.Threading.Channels;

namespace SoonShop.Silo.Storage;

/// <summary>What can wait in a <see cref="BatchQueue{T}"/>.</summary>
internal interface IBatchItem
{
    /// <summary>Two items of one key never share a batch; they go in the order in which they came. Null for what may share a batch with anything.</summary>
    StateKey? Key { get; }

    /// <summary>How much of a batch it takes.</summary>
    int Bytes { get; }

    /// <summary>True when its caller has given up.</summary>
    bool IsSettled { get; }

    /// <summary>When it came (<see cref="Environment.TickCount64"/>).</summary>
    long EnqueuedAtMs { get; }

    /// <summary>Ends its caller's wait, if nothing has yet: it was not carried out.</summary>
    void Reject(string reason);
}

/// <summary>
/// Group commit: what arrives while a batch is under way makes up the next one, so that nobody ever waits for company.
/// With one loop there is one batch at a time, which is why a batch needs no locks and rows are never written out of
/// order. Bounded in items, bytes and time; every item that gets in is handed to <paramref name="carryOut"/> or rejected.
/// </summary>
/// <param name="limits">How much and how long.</param>
/// <param name="carryOut">Carries out a batch and tells each item how it went. Must not throw.</param>
internal sealed class BatchQueue<T>(BatchLimits limits, Func<List<T>, CancellationToken, Task> carryOut) where T : class, IBatchItem
{
    private readonly Channel<T> channel = Channel.CreateBounded<T>(new BoundedChannelOptions(limits.MaxQueued) { SingleReader = true });
    private readonly CancellationTokenSource abort = new();

    // The loop's own: what has to wait for the next batch, and the keys of this one and of what waits.
    private readonly Queue<T> postponed = new();
    private readonly HashSet<StateKey> keys = [];
    private Task loop = Task.CompletedTask;

    /// <summary>Items that wait.</summary>
    public int Depth => channel.Reader.Count;

    /// <summary>Starts the loop, on the thread pool.</summary>
    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Puts an item in line; waits for room no longer than the limit, then rejects it.</summary>
    /// <exception cref="OperationCanceledException">The caller has given up; the item is not in line.</exception>
    public ValueTask EnqueueAsync(T item, CancellationToken cancellation)
    {
        if (channel.Writer.TryWrite(item))
            return ValueTask.CompletedTask;
        return WaitForRoomAsync(item, cancellation);
    }

    /// <summary>Takes nothing more, carries out what waits, and after <paramref name="limit"/> rejects the rest.</summary>
    public async Task StopAsync(TimeSpan limit, CancellationToken cancellation)
    {
        channel.Writer.TryComplete();
        try
        {
            await loop.WaitAsync(limit, cancellation);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await abort.CancelAsync();
            await loop;
        }
        // Of a queue that never started.
        RejectAll();
    }

    private async ValueTask WaitForRoomAsync(T item, CancellationToken cancellation)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        wait.CancelAfter(limits.MaxWait);
        try
        {
            await channel.Writer.WriteAsync(item, wait.Token).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            item.Reject("this process has stopped");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            item.Reject($"{limits.MaxQueued} others have filled the queue for {limits.MaxWait.TotalSeconds} s: the database does not keep up");
        }
    }

    private async Task RunAsync()
    {
        var batch = new List<T>();
        while (postponed.Count > 0 || await channel.Reader.WaitToReadAsync())
        {
            if (abort.IsCancellationRequested)
            {
                RejectAll();
                continue;
            }
            // Behind everything that can run now: much of it is about to add to this batch. Where there is nothing to do, this takes no time.
            await Task.Yield();
            Fill(batch);
            if (batch.Count > 0)
                await carryOut(batch, abort.Token);
            batch.Clear();
        }
    }

    private void Fill(List<T> batch)
    {
        keys.Clear();
        var bytes = 0;
        var full = false;
        for (var left = postponed.Count; left > 0; left--)
            Add(postponed.Dequeue());
        while (!full && postponed.Count < limits.MaxItems && channel.Reader.TryRead(out var item))
            Add(item);

        void Add(T item)
        {
            if (item.IsSettled)
                return;
            if (Environment.TickCount64 - item.EnqueuedAtMs > limits.MaxWait.TotalMilliseconds)
            {
                item.Reject($"it was still in line after {limits.MaxWait.TotalSeconds} s: the database does not keep up");
                return;
            }
            full = full || batch.Count == limits.MaxItems || (batch.Count > 0 && bytes + item.Bytes > limits.MaxBytes);
            // A key is taken by what is postponed, too: nothing overtakes it.
            if ((item.Key is { } key && !keys.Add(key)) || full)
            {
                postponed.Enqueue(item);
                return;
            }
            batch.Add(item);
            bytes += item.Bytes;
        }
    }

    private void RejectAll()
    {
        while (postponed.TryDequeue(out var item) || channel.Reader.TryRead(out item))
            item.Reject("this process has stopped");
    }
}

/// <summary>Bounds of a <see cref="BatchQueue{T}"/>.</summary>
/// <param name="MaxItems">Items in a batch.</param>
/// <param name="MaxBytes">Their bytes; a larger item goes alone.</param>
/// <param name="MaxQueued">Items that wait.</param>
/// <param name="MaxWait">How long one waits, for room and in line together.</param>
internal sealed record BatchLimits(int MaxItems, int MaxBytes, int MaxQueued, TimeSpan MaxWait);
