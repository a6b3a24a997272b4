using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Counters;

/// <summary>
/// Lets many movements of one counter share a write: decisions made during a write are collected for the next one. Decisions use
/// <see cref="Pending"/>, which may be ahead of the database. A caller gets its response only after the write that contains its decision. A
/// failed write fails every later decision, and the state must be loaded again. Use it only from one grain's scheduler.
/// </summary>
/// <typeparam name="TState">The counters.</typeparam>
/// <typeparam name="TRow">A row of the ledger.</typeparam>
internal abstract class WriteCoalescer<TState, TRow>(TState committed, Func<TState, List<IShopEvent>, List<TRow>, Task> writeAsync)
    where TState : class
    where TRow : ILedgerRow
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
    public TState Pending { get; private set; } = committed;

    /// <summary>True while a decision is not committed.</summary>
    public bool HasPending => writing || batches.Count > 0;

    /// <summary>What callers learn after a failed write.</summary>
    protected abstract ErrorText Reloading { get; }

    /// <summary>What callers learn when too many movements wait.</summary>
    protected abstract ErrorText Busy { get; }

    /// <summary>What callers learn whose decision waited for a write that failed.</summary>
    protected abstract ErrorText EarlierFailed { get; }

    /// <summary>Completes when all current decisions are committed; fails when they fail.</summary>
    public Task FlushAsync() => HasPending ? last : Task.CompletedTask;

    /// <summary>Adds a decision to the next write. The task completes when it is committed.</summary>
    /// <exception cref="UnavailableException">Too many movements wait, or a write failed. The decision leaves no trace.</exception>
    public Task AddAsync(TState next, IEnumerable<IShopEvent> events, params ReadOnlySpan<TRow> rows)
    {
        if (failed)
            throw new UnavailableException(Reloading);
        if (waiting + rows.Length > MaxWaiting)
            throw new UnavailableException(Busy);
        if (open is null || open.Rows.Count + rows.Length > MaxBatch)
            batches.Enqueue(open = new Batch(next));
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
                    later.Done.SetException(new UnavailableException(EarlierFailed, e));
            }
        }
        writing = false;
    }

    private sealed class Batch(TState state)
    {
        public TState State { get; set; } = state;
        public List<IShopEvent> Events { get; } = [];
        public List<TRow> Rows { get; } = [];
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
