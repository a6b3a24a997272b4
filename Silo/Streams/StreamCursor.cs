using Orleans.Streams;

namespace SoonShop.Silo.Streams;

/// <summary>
/// How far one subscription has come in one stream. Orleans tells of a delivery's end only by moving on: what the cursor
/// moved to is held until then. When deliveries hold several events, moving on does not mean that the last one was
/// delivered: the agent gathers first, so what is held counts as delivered when it moves on after a delivery has begun, or
/// after it was told that there is nothing more.
/// </summary>
internal sealed class StreamCursor(StreamCache cache, CachedStream stream, long after) : IQueueCacheCursor
{
    private readonly List<PendingEvent> held = [];
    private LinkedListNode<PendingEvent>? node;
    private long at = after;
    private bool delivering, ended;
    private int givenUp;

    public CachedStream Stream => stream;

    /// <summary>This cursor is done with everything up to this token.</summary>
    public long Passed { get; private set; } = after;

    /// <summary>The subscription for which what is held was given up, when it was.</summary>
    public Guid? HasGivenUpFor { get; set; }

    /// <summary>True when moving on means that what is held is done with.</summary>
    public bool MustComplete => held.Count > 0 && (cache.BatchSize <= 1 || delivering || ended);

    public IBatchContainer? GetCurrent(out Exception? exception)
    {
        exception = null;
        // A copy when deliveries hold several events: it tells this cursor when a delivery begins with it.
        return held.Count == 0 ? null : cache.BatchSize <= 1 ? held[^1].Batch : held[^1].Batch!.For(this);
    }

    public bool MoveNext() => cache.MoveNext(this);

    /// <summary>Nothing to do: the next move finds what was added.</summary>
    public void Refresh(StreamSequenceToken token)
    {
    }

    public void RecordDeliveryFailure() => cache.Fail(this);

    public void Dispose() => cache.Remove(this);

    /// <summary>A delivery begins that starts with something this cursor handed out.</summary>
    internal void Delivering() => delivering = true;

    // What follows is called under the cache's lock.

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

    /// <summary>Forgets an event that is done with: an idle cursor must not keep it in memory. The next move looks by its token.</summary>
    internal void LetGo(LinkedListNode<PendingEvent> finished)
    {
        if (node == finished)
            node = null;
    }

    internal void FailHeld() => givenUp = held.Count;

    internal void FailedFor(Guid subscription, long token)
    {
        if (givenUp > 0 && held.Take(givenUp).Any(e => e.Sequence == token))
            HasGivenUpFor = subscription;
    }

    internal IEnumerable<(PendingEvent Event, bool GivenUp)> TakeHeld()
    {
        var taken = held.ToArray();
        var failed = givenUp;
        held.Clear();
        (delivering, ended, givenUp) = (false, false, 0);
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
