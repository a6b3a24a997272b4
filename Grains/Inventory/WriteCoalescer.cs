using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Inventory;

/// <summary>
/// Lets many movements of one item share a write: decisions made during a write are collected for the next one. Decisions use
/// <see cref="Pending"/>, which may be ahead of the database. A caller gets its response only after the write that contains its decision. A
/// failed write fails every later decision, and the item must be loaded again. Use it only from one grain's scheduler.
/// </summary>
internal sealed class WriteCoalescer(StockState committed, Func<StockState, List<IShopEvent>, List<LedgerRow>, Task> writeAsync)
{
    /// <summary>The most movements in one write.</summary>
    private const int MaxBatch = 500;

    /// <summary>The most waiting movements. Further ones are rejected.</summary>
    private const int MaxWaiting = 10_000;

    private readonly Queue<Batch> batches = new();
    private Batch? open;
    private Task last = Task.CompletedTask;
    private bool writing;
    private bool failed;
    private int waiting;

    /// <summary>The state after all decisions so far.</summary>
    public StockState Pending { get; private set; } = committed;

    /// <summary>True while a decision is not committed.</summary>
    public bool HasPending => writing || batches.Count > 0;

    /// <summary>Completes when all current decisions are committed; fails when they fail.</summary>
    public Task FlushAsync() => HasPending ? last : Task.CompletedTask;

    /// <summary>Adds a decision to the next write. The task completes when it is committed.</summary>
    /// <exception cref="UnavailableException">Too many movements wait, or a write failed.</exception>
    public Task AddAsync(StockState next, IEnumerable<IShopEvent> events, params ReadOnlySpan<LedgerRow> rows)
    {
        if (failed)
            throw new UnavailableException(ErrorText.Of("error.stock-reread", "The stock of this item is being reloaded. Try again."));
        if (waiting + rows.Length > MaxWaiting)
            throw new UnavailableException(ErrorText.Of(
                "error.stock-busy", "Too many stock movements of this item are waiting. Try again."));
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
                    later.Done.SetException(new UnavailableException(ErrorText.Of(
                        "error.stock-failed", "An earlier stock movement of this item could not be written. Try again."), e));
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
