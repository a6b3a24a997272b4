using Orleans.Streams;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// The queue cache of Orleans' pulling agent. It has a list per stream, so a slow consumer does not delay other streams. An
/// event is done when a cursor has moved past it and every cursor that started at or before it has too. The agent does not report
/// events that it drops, such as those of a consumer whose registration failed; <see cref="Sweep"/> finds them. The agent's
/// scheduler and background work use the cache under one lock, which is never held for long.
/// </summary>
/// <param name="batchSize">The number of containers in one delivery of the agent.</param>
/// <param name="keepMs">How long done events are kept for subscriptions that are being registered.</param>
/// <param name="nowMs">The current time in milliseconds.</param>
/// <param name="gate">The lock, shared with the reader.</param>
internal sealed class StreamCache(int batchSize, long keepMs, Func<long> nowMs, Lock gate) : IQueueCache
{
    /// <summary>How long an event may have no cursor before it counts as dropped by the agent.</summary>
    private const long OrphanAfterMs = 1000;

    private readonly Dictionary<StreamId, CachedStream> streams = [];
    private readonly HashSet<CachedStream> pending = [];
    private readonly HashSet<CachedStream> dirty = [];
    private readonly Queue<(long UntilMs, CachedStream Stream, LinkedListNode<PendingEvent> Node)> kept = new();
    private long newest;

    /// <summary>Called for each event that is done. Runs under the lock and must be fast.</summary>
    public Action<PendingEvent> Finished { get; set; } = static _ => { };

    /// <summary>
    /// Called for each event that the agent abandoned, with the subscription if known. Runs under the lock and must be fast.
    /// <see cref="Reported"/> follows.
    /// </summary>
    public Action<PendingEvent, Guid?> Abandoned { get; set; } = static (_, _) => { };

    /// <summary>More than one: a delivery holds several containers.</summary>
    public int BatchSize => batchSize;

    /// <summary>No limit: the reader limits what is in memory.</summary>
    public int GetMaxAddCount() => int.MaxValue;

    /// <summary>Always false: the reader pauses instead.</summary>
    public bool IsUnderPressure() => false;

    /// <summary>Removes nothing: acknowledging does not wait for the agent's next read.</summary>
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
                var e = ((BatchContainer)message).Source!;
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

    /// <summary>
    /// Creates a cursor that starts with the event of this token or the next one; without a token, with the next event that is added.
    /// </summary>
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

    /// <summary>Records the subscription whose delivery, starting with this token, has just failed.</summary>
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

    /// <summary>Called when the report about an event has completed.</summary>
    public void Reported(PendingEvent e)
    {
        lock (gate)
        {
            e.Reports--;
            if (streams.TryGetValue(e.Stream, out var stream))
                dirty.Add(stream);
        }
    }

    /// <summary>
    /// Completes events that are done, drops those kept long enough, and removes those that no cursor will reach.
    /// Called periodically.
    /// </summary>
    public List<PendingEvent> Sweep()
    {
        lock (gate)
        {
            var now = nowMs();
            foreach (var stream in dirty)
            {
                Advance(stream);
                RemoveIfEmpty(stream);
            }
            dirty.Clear();
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
            // Whether its held events were delivered is unknown, so they count as not delivered. Abandoned events stay abandoned.
            if (cursor.HasAbandonedFor is not null)
                Complete(cursor);
            // Not at once: the agent may be replacing this cursor.
            dirty.Add(cursor.Stream);
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
            Abandoned(e, cursor.HasAbandonedFor);
        }
        cursor.HasAbandonedFor = null;
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

    /// <summary>The events in token order, including done ones that are still kept.</summary>
    public LinkedList<PendingEvent> Events { get; } = new();

    /// <summary>The first event that is not done.</summary>
    public LinkedListNode<PendingEvent>? FirstPending { get; set; }

    public List<StreamCursor> Cursors { get; } = [];

    /// <summary>Removes an event from the list and from the cursors that point to it.</summary>
    public void Remove(LinkedListNode<PendingEvent> finished)
    {
        Events.Remove(finished);
        foreach (var cursor in Cursors)
            cursor.Release(finished);
    }

    /// <summary>The token that all cursors have passed.</summary>
    public long PassedByAll()
    {
        var passed = long.MaxValue;
        foreach (var cursor in Cursors)
            passed = Math.Min(passed, cursor.Passed);
        return passed;
    }
}
