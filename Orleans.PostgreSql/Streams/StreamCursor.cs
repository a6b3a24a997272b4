using Orleans.Streams;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// The position of one subscription in one stream. Orleans reports a completed delivery only by moving the cursor on, so events are
/// held until then. With batched deliveries the agent first collects events, and moving on does not mean delivery. Held events then
/// count as delivered when the cursor moves on after a delivery has started, or after it has reported the end of the stream.
/// </summary>
internal sealed class StreamCursor(StreamCache cache, CachedStream stream, long after) : IQueueCacheCursor
{
    private readonly List<PendingEvent> held = [];
    private LinkedListNode<PendingEvent>? node;
    private long at = after;
    private bool delivering, ended;
    private int abandoned;

    public CachedStream Stream => stream;

    /// <summary>All events up to this token are done for this cursor.</summary>
    public long Passed { get; private set; } = after;

    /// <summary>The subscription for which the held events were abandoned, if they were.</summary>
    public Guid? HasAbandonedFor { get; set; }

    /// <summary>True when moving on means that the held events are done.</summary>
    public bool MustComplete => held.Count > 0 && (cache.BatchSize <= 1 || delivering || ended);

    public IBatchContainer? GetCurrent(out Exception? exception)
    {
        exception = null;
        // With batched deliveries, a copy: it notifies this cursor when a delivery starts with it.
        return held.Count == 0 ? null : cache.BatchSize <= 1 ? held[^1].Batch : held[^1].Batch!.For(this);
    }

    public bool MoveNext() => cache.MoveNext(this);

    /// <summary>Does nothing: the next move finds new events.</summary>
    public void Refresh(StreamSequenceToken token)
    {
    }

    public void RecordDeliveryFailure() => cache.Fail(this);

    public void Dispose() => cache.Remove(this);

    /// <summary>Called when a delivery starts with an event of this cursor.</summary>
    internal void Delivering() => delivering = true;

    // The following members are called under the cache's lock.

    internal bool Advance()
    {
        var next = node?.List is not null ? node.Next : First();
        ended = next is null;
        if (next is null)
            return false;
        node = next;
        at = next.Value.Sequence;
        held.Add(next.Value);
        return true;
    }

    /// <summary>
    /// Releases an event that is done, so that an idle cursor does not keep it in memory. The next move searches by token.
    /// </summary>
    internal void Release(LinkedListNode<PendingEvent> finished)
    {
        if (node == finished)
            node = null;
    }

    internal void FailHeld() => abandoned = held.Count;

    internal void FailedFor(Guid subscription, long token)
    {
        if (abandoned > 0 && held.Take(abandoned).Any(e => e.Sequence == token))
            HasAbandonedFor = subscription;
    }

    internal IEnumerable<(PendingEvent Event, bool GivenUp)> TakeHeld()
    {
        var taken = held.ToArray();
        var failed = abandoned;
        held.Clear();
        (delivering, ended, abandoned) = (false, false, 0);
        Passed = at;
        for (var i = 0; i < taken.Length; i++)
            yield return (taken[i], i < failed);
    }

    private LinkedListNode<PendingEvent>? First()
    {
        if (stream.Events.Last is not { } last || last.Value.Sequence <= at)
            return null;
        var first = stream.Events.First;
        while (first is not null && first.Value.Sequence <= at)
            first = first.Next;
        return first;
    }
}
