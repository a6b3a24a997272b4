using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Inventory;

/// <summary>
/// Lets many movements of one item share a write: while one write is under way, what is decided meanwhile gathers in
/// the next. Decisions are made on <see cref="Pending"/>, which may be ahead of the database; whoever decided is
/// answered only after the write that holds the decision. A failed write fails everything decided since, and the
/// item must be loaded again. Used from one grain's scheduler only.
/// </summary>
internal sealed class WriteCoalescer(StockState committed, Func<StockState, List<IShopEvent>, List<LedgerRow>, Task> writeAsync)
{
    /// <summary>Movements in one write.</summary>
    private const int MaxBatch = 500;

    /// <summary>Movements that wait; more are turned away.</summary>
    private const int MaxWaiting = 10_000;

    private readonly Queue<Batch> batches = new();
    private Batch? open;
    private Task last = Task.CompletedTask;
    private bool writing;
    private bool failed;
    private int waiting;

    /// <summary>The state after everything decided so far.</summary>
    public StockState Pending { get; private set; } = committed;

    /// <summary>True while something decided is not committed.</summary>
    public bool HasPending => writing || batches.Count > 0;

    /// <summary>Ends when what is decided now is committed; fails with it.</summary>
    public Task FlushAsync() => HasPending ? last : Task.CompletedTask;

    /// <summary>Takes a decision into the next write; the task ends when it is committed.</summary>
    /// <exception cref="UnavailableException">Too much waits, or a write failed.</exception>
    public Task AddAsync(StockState next, IEnumerable<IShopEvent> events, params ReadOnlySpan<LedgerRow> rows)
    {
        if (failed)
            throw new UnavailableException("The stock of this item is being read again.");
        if (waiting + rows.Length > MaxWaiting)
            throw new UnavailableException("Too many movements of this item wait to be written.");
        if (open is null || open.Rows.Count + rows.Length > MaxBatch)
            batches.Enqueue(open = new Batch());
        waiting += rows.Length;
        Pending = open.State = next;
        open.Events.AddRange(events);
        open.Rows.AddRange(rows);
        var done = last = open.Done.Task;
        if (!writing)
            _ = WriteAllAsync();
        return done;
    }

    private async Task WriteAllAsync()
    {
        writing = true;
        while (batches.TryDequeue(out var batch))
        {
            if (open == batch)
                open = null;
            waiting -= batch.Rows.Count;
            try
            {
                await writeAsync(batch.State, batch.Events, batch.Rows);
                batch.Done.SetResult();
            }
            catch (Exception e)
            {
                failed = true;
                batch.Done.SetException(e);
                while (batches.TryDequeue(out var later))
                    later.Done.SetException(new UnavailableException("An earlier movement of this item could not be written.", e));
            }
        }
        writing = false;
    }

    private sealed class Batch
    {
        public StockState State { get; set; } = StockState.Empty;
        public List<IShopEvent> Events { get; } = [];
        public List<LedgerRow> Rows { get; } = [];
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
