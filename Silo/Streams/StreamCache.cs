using Orleans.Streams;

namespace SoonShop.Silo.Streams;

/// <summary>
/// What Orleans' pulling agent has of one queue: a list a stream, so that each stream's events are done with as its own
/// consumers move on, however slow the neighbours are. An event is done with when a cursor has moved past it and none that
/// began at or before it is still to do so. The agent gives no sign when it has lost interest in an event (a consumer's
/// registration failed, say); such events are found by <see cref="Tend"/>. Used by the agent's scheduler and by background
/// work: everything happens under one lock, and nothing slow does.
/// </summary>
/// <param name="batchSize">How many containers the agent puts into one delivery.</param>
/// <param name="keepMs">How long what is done with is kept for subscriptions that are just being made.</param>
/// <param name="nowMs">A clock.</param>
/// <param name="gate">The lock, which the cache shares with whoever it tells what is done with.</param>
internal sealed class StreamCache(int batchSize, long keepMs, Func<long> nowMs, Lock gate) : IQueueCache
{
    /// <summary>How long an event may be without a cursor that will come to it before it counts as lost to the agent.</summary>
    private const long OrphanAfterMs = 1000;

    private readonly Dictionary<StreamId, CachedStream> streams = [];
    private readonly HashSet<CachedStream> pending = [];
    private readonly HashSet<CachedStream> disturbed = [];
    private readonly Queue<(long UntilMs, CachedStream Stream, LinkedListNode<PendingEvent> Node)> kept = new();
    private long newest;

    /// <summary>Called for each event that is done with. Under the lock: to be quick.</summary>
    public Action<PendingEvent> Finished { get; set; } = static _ => { };

    /// <summary>Called with each event that the agent gave up, and the subscription if known. Under the lock: to be quick. To be followed by <see cref="Reported"/>.</summary>
    public Action<PendingEvent, Guid?> GivenUp { get; set; } = static (_, _) => { };

    /// <summary>More than one: a delivery holds several containers.</summary>
    public int BatchSize => batchSize;

    /// <summary>No limit here: the reader sees to what may be in memory.</summary>
    public int GetMaxAddCount() => int.MaxValue;

    /// <summary>Never: the reader pauses instead.</summary>
    public bool IsUnderPressure() => false;

    /// <summary>Nothing: acknowledging does not wait for the agent's next read.</summary>
    public bool TryPurgeFromCache(out IList<IBatchContainer> purgedItems)
    {
        purgedItems = [];
        return false;
    }

    public void AddToCache(IList<IBatchContainer> messages)
    {
        lock (gate)
        {
            foreach (var message in messages)
            {
                var e = ((StreamBatch)message).Source!;
                e.HandedOver++;
                e.HandedOverAtMs = nowMs();
                newest = e.Sequence;
                var stream = StreamOf(e.Stream);
                stream.Events.AddLast(e);
                stream.FirstPending ??= stream.Events.Last;
                pending.Add(stream);
            }
        }
    }

    /// <summary>A cursor that begins with the event that has this token, or the first one after it; without a token, with the next one that is added.</summary>
    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        lock (gate)
        {
            var stream = StreamOf(streamId);
            var cursor = new StreamCursor(this, stream, token is null ? newest : token.SequenceNumber - 1);
            stream.Cursors.Add(cursor);
            return cursor;
        }
    }

    /// <summary>Streams that have events or cursors.</summary>
    public int Streams
    {
        get
        {
            lock (gate)
                return streams.Count;
        }
    }

    /// <summary>True when the agent has cursors on the stream.</summary>
    public bool HasCursors(StreamId streamId)
    {
        lock (gate)
            return streams.TryGetValue(streamId, out var stream) && stream.Cursors.Count > 0;
    }

    /// <summary>Notes for which subscription the delivery just failed that began with this token.</summary>
    public void FailedFor(StreamId streamId, Guid subscription, StreamSequenceToken? token)
    {
        lock (gate)
        {
            if (token is null || !streams.TryGetValue(streamId, out var stream))
                return;
            foreach (var cursor in stream.Cursors)
                cursor.FailedFor(subscription, token.SequenceNumber);
        }
    }

    /// <summary>The report about an event has arrived.</summary>
    public void Reported(PendingEvent e)
    {
        lock (gate)
        {
            e.Reports--;
            if (streams.TryGetValue(e.Stream, out var stream))
                disturbed.Add(stream);
        }
    }

    /// <summary>
    /// Finishes what can be finished, drops what was kept long enough, and takes out the events that no cursor will come to.
    /// To be called now and then.
    /// </summary>
    public List<PendingEvent> Tend()
    {
        lock (gate)
        {
            var now = nowMs();
            foreach (var stream in disturbed)
            {
                Advance(stream);
                RemoveIfEmpty(stream);
            }
            disturbed.Clear();
            while (kept.TryPeek(out var oldest) && oldest.UntilMs <= now)
            {
                kept.Dequeue();
                oldest.Stream.Remove(oldest.Node);
                RemoveIfEmpty(oldest.Stream);
            }
            var orphans = new List<PendingEvent>();
            foreach (var stream in pending)
                TakeOrphans(stream, now, orphans);
            foreach (var e in orphans)
            {
                if (streams.TryGetValue(e.Stream, out var stream))
                    RemoveIfEmpty(stream);
            }
            return orphans;
        }
    }

    internal bool MoveNext(StreamCursor cursor)
    {
        lock (gate)
        {
            if (cursor.MustComplete)
                Complete(cursor);
            return cursor.Advance();
        }
    }

    internal void Fail(StreamCursor cursor)
    {
        lock (gate)
            cursor.FailHeld();
    }

    internal void Remove(StreamCursor cursor)
    {
        lock (gate)
        {
            if (!cursor.Stream.Cursors.Remove(cursor))
                return;
            // What it held may have been delivered or not: that counts as not. What it had given up is given up.
            if (cursor.HasGivenUpFor is not null)
                Complete(cursor);
            // Not at once: the agent may be about to replace this cursor by another.
            disturbed.Add(cursor.Stream);
        }
    }

    private void Complete(StreamCursor cursor)
    {
        foreach (var (e, givenUp) in cursor.TakeHeld())
        {
            e.Passed = true;
            if (!givenUp)
                continue;
            e.Reports++;
            GivenUp(e, cursor.HasGivenUpFor);
        }
        cursor.HasGivenUpFor = null;
        Advance(cursor.Stream);
    }

    private void Advance(CachedStream stream)
    {
        var passed = stream.PassedByAll();
        for (var node = stream.FirstPending; node is not null && node.Value.Sequence <= passed;)
        {
            var (e, next) = (node.Value, node.Next);
            if (!e.Finished && e.Passed && e.Reports == 0)
            {
                e.Finished = true;
                Finished(e);
                if (stream.FirstPending == node)
                    stream.FirstPending = next;
                if (keepMs > 0)
                    kept.Enqueue((nowMs() + keepMs, stream, node));
                else
                    stream.Remove(node);
            }
            node = next;
        }
        while (stream.FirstPending is { Value.Finished: true } first)
            stream.FirstPending = first.Next;
        if (stream.FirstPending is null)
            pending.Remove(stream);
    }

    private static void TakeOrphans(CachedStream stream, long now, List<PendingEvent> orphans)
    {
        var passed = stream.PassedByAll();
        for (var node = stream.FirstPending; node is not null && node.Value.Sequence <= passed;)
        {
            var (e, next) = (node.Value, node.Next);
            if (!e.Finished && !e.Passed && e.Reports == 0 && now - e.HandedOverAtMs >= OrphanAfterMs)
            {
                orphans.Add(e);
                if (stream.FirstPending == node)
                    stream.FirstPending = next;
                stream.Remove(node);
            }
            node = next;
        }
    }

    private void RemoveIfEmpty(CachedStream stream)
    {
        if (stream.FirstPending is null)
            pending.Remove(stream);
        if (stream.Events.Count == 0 && stream.Cursors.Count == 0)
            streams.Remove(stream.Id);
    }

    private CachedStream StreamOf(StreamId id)
    {
        if (!streams.TryGetValue(id, out var stream))
            streams.Add(id, stream = new CachedStream(id));
        return stream;
    }
}

/// <summary>One stream's part of the cache.</summary>
internal sealed class CachedStream(StreamId id)
{
    public StreamId Id => id;

    /// <summary>In the order of their tokens; what is done with may stay for a while.</summary>
    public LinkedList<PendingEvent> Events { get; } = new();

    /// <summary>The first that is not done with.</summary>
    public LinkedListNode<PendingEvent>? FirstPending { get; set; }

    public List<StreamCursor> Cursors { get; } = [];

    /// <summary>Takes an event out, and out of the cursors that have come to it.</summary>
    public void Remove(LinkedListNode<PendingEvent> finished)
    {
        Events.Remove(finished);
        foreach (var cursor in Cursors)
            cursor.LetGo(finished);
    }

    /// <summary>No cursor will come to what has this token or a lower one.</summary>
    public long PassedByAll()
    {
        var passed = long.MaxValue;
        foreach (var cursor in Cursors)
            passed = Math.Min(passed, cursor.Passed);
        return passed;
    }
}
