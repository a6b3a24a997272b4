using System.Threading.Channels;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>An item that can wait in a <see cref="BatchQueue{T}"/>.</summary>
internal interface IBatchItem
{
    /// <summary>
    /// Two items with the same key never share a batch and keep their order of arrival. Null: the item may share a batch with any other.
    /// </summary>
    StateKey? Key { get; }

    /// <summary>The item's size in the batch.</summary>
    int Bytes { get; }

    /// <summary>True when the caller no longer waits.</summary>
    bool IsSettled { get; }

    /// <summary>When the item was enqueued (<see cref="Environment.TickCount64"/>).</summary>
    long EnqueuedAtMs { get; }

    /// <summary>Fails the caller's wait, unless it has ended: the item was not executed.</summary>
    void Reject(string reason);
}

/// <summary>
/// Group commit: items that arrive while a batch is executed form the next batch, so no item waits for a batch to fill.
/// A single loop executes one batch at a time. Batches therefore need no locks, and rows are never written out of order. The queue is
/// bounded in items, bytes and time. Every accepted item is passed to <paramref name="carryOut"/> or rejected.
/// </summary>
/// <param name="limits">The bounds of the queue and its batches.</param>
/// <param name="carryOut">Executes a batch and settles each item. Must not throw.</param>
internal sealed class BatchQueue<T>(BatchLimits limits, Func<List<T>, CancellationToken, Task> carryOut) where T : class, IBatchItem
{
    private readonly Channel<T> channel = Channel.CreateBounded<T>(new BoundedChannelOptions(limits.MaxQueued) { SingleReader = true });
    private readonly CancellationTokenSource abort = new();

    // Used only by the loop: items that wait for the next batch, and the keys of the current batch and of those items.
    private readonly Queue<T> postponed = new();
    private readonly HashSet<StateKey> keys = [];
    private Task loop = Task.CompletedTask;

    /// <summary>The number of waiting items.</summary>
    public int Depth => channel.Reader.Count;

    /// <summary>Starts the loop, on the thread pool.</summary>
    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Enqueues an item. If the queue has no room within the limit, rejects it.</summary>
    /// <exception cref="OperationCanceledException">The caller has cancelled; the item is not enqueued.</exception>
    public ValueTask EnqueueAsync(T item, CancellationToken cancellation)
    {
        if (channel.Writer.TryWrite(item))
            return ValueTask.CompletedTask;
        return WaitForRoomAsync(item, cancellation);
    }

    /// <summary>Accepts no further items, executes the waiting ones, and rejects the rest after <paramref name="limit"/>.</summary>
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
        // Items of a queue that was never started.
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
            item.Reject(
                $"{limits.MaxQueued} other items have filled the queue for {limits.MaxWait.TotalSeconds} s: the database does not keep up");
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
            // Yields to everything that can run now, because much of that adds items to this batch. On an idle machine the yield takes no
            // time.
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
            // A postponed item also occupies its key, so that no later item with the key overtakes it.
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
/// <param name="MaxItems">The most items in a batch.</param>
/// <param name="MaxBytes">The most bytes in a batch; a larger item gets a batch of its own.</param>
/// <param name="MaxQueued">The most waiting items.</param>
/// <param name="MaxWait">The longest that an item waits, for room in the queue and in the queue together.</param>
internal sealed record BatchLimits(int MaxItems, int MaxBytes, int MaxQueued, TimeSpan MaxWait);
