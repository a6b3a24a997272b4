namespace SoonShop.Pricing;

/// <summary>
/// A bounded cache of how often each holder has used one promotion, with the decisions that are not written yet. Others are read from the
/// ledger, many with one query at a time. Use it only from one grain's scheduler.
/// </summary>
/// <remarks>
/// A count changes only while it is in memory, and one with decisions that are not written yet stays there. So no count is read from the
/// ledger while it changes, and two calls that wait for the same read decide one after the other on the same count.
/// </remarks>
/// <param name="readAsync">Reads counts from the ledger, in the order of the keys.</param>
/// <param name="capacity">The most holders in memory, but for those with decisions that are not written yet.</param>
internal sealed class HolderCounts(Func<string[], Task<long[]>> readAsync, int capacity = HolderCounts.DefaultCapacity)
{
    private const int DefaultCapacity = 20_000;

    /// <summary>The most holders that wait for a read. Further ones are rejected.</summary>
    private const int MaxWaiting = 10_000;

    /// <summary>The most holders that are looked at to make room for one. Those with unwritten decisions stay.</summary>
    private const int MaxLooks = 8;

    private readonly Dictionary<string, Count> known = new(StringComparer.Ordinal);
    private readonly Queue<string> byAge = new();
    private Read? running;
    private Read? next;

    /// <summary>Holders in memory.</summary>
    public int InMemory => known.Count;

    /// <summary>Tells whether these holders are in memory; if not, returns a read after which the caller must look again.</summary>
    /// <exception cref="UnavailableException">Too many holders wait for a read.</exception>
    public Task? ReadMissing(ImmutableArray<string> holders)
    {
        Task? last = null;
        foreach (var holder in holders)
        {
            if (known.ContainsKey(holder))
                continue;
            if (running?.Holders.Contains(holder) == true)
            {
                last ??= running.Done.Task;
                continue;
            }
            next ??= new Read();
            if (next.Holders.Count >= MaxWaiting)
                throw new UnavailableException(PromotionTexts.Busy);
            next.Holders.Add(holder);
            // It begins after the running one has ended.
            last = next.Done.Task;
        }
        if (next is not null && running is null)
            _ = ReadAllAsync();
        return last;
    }

    /// <summary>Returns the uses of a holder in memory after all decisions so far.</summary>
    public long Pending(string holder) => known[holder].Pending;

    /// <summary>Returns the uses of a holder in memory that are written.</summary>
    public long Committed(string holder) => known[holder].Committed;

    /// <summary>Notes a decision that is part of the next write.</summary>
    public void Decide(PromotionHolderRow row)
    {
        var count = known[row.Holder];
        count.Pending = row.UsesAfter;
        count.Unwritten++;
    }

    /// <summary>Notes that a decision is written.</summary>
    public void Write(PromotionHolderRow row)
    {
        var count = known[row.Holder];
        count.Committed = row.UsesAfter;
        count.Unwritten--;
    }

    private async Task ReadAllAsync()
    {
        while (next is { } read)
        {
            (running, next) = (read, null);
            try
            {
                string[] holders = [.. read.Holders];
                var counts = await readAsync(holders);
                for (var i = 0; i < holders.Length; i++)
                    Add(holders[i], counts[i]);
                read.Done.SetResult();
            }
            catch (Exception e)
            {
                read.Done.SetException(e);
            }
            running = null;
        }
    }

    private void Add(string holder, long uses)
    {
        known.Add(holder, new Count { Pending = uses, Committed = uses });
        byAge.Enqueue(holder);
        for (var looks = MaxLooks; known.Count > capacity && looks > 0; looks--)
        {
            var oldest = byAge.Dequeue();
            if (known[oldest].Unwritten > 0 || oldest == holder)
                byAge.Enqueue(oldest);
            else
                known.Remove(oldest);
        }
    }

    private sealed class Count
    {
        public long Pending { get; set; }
        public long Committed { get; set; }
        public int Unwritten { get; set; }
    }

    private sealed class Read
    {
        public HashSet<string> Holders { get; } = new(StringComparer.Ordinal);
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
