namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// The events of one queue that were read and are not done. It keeps those in memory within the limits: events of a stream that has
/// reached its limit stay in the database until others of the stream are done. Call all methods under the reader's lock.
/// </summary>
internal sealed class PendingEvents(ReaderContext context, ReaderProgress progress)
{
    /// <summary>The most positions known beyond the final one, and of events left in the database. Reading pauses at this limit.</summary>
    private const int MaxPositions = 1_000_000;

    private readonly Dictionary<StreamId, int> inMemory = [];
    private readonly Dictionary<StreamId, SortedPositions> leftOf = [];
    private readonly Queue<StreamId> toFetch = new();
    private int bytes, left;

    private PostgresStreamOptions Options => context.Options;

    /// <summary>True when there is room in memory for more events.</summary>
    public bool HasRoom =>
        progress.Pending - left < Options.MaxPendingEvents && bytes < Options.MaxPendingBytes && progress.Window.Known < MaxPositions
        && left < MaxPositions;

    /// <summary>True when a stream has room for events that it left in the database.</summary>
    public bool HasStreamToFetch => toFetch.Count > 0;

    public void Clear()
    {
        inMemory.Clear();
        leftOf.Clear();
        toFetch.Clear();
        bytes = left = 0;
    }

    /// <summary>Counts an event that is in memory.</summary>
    public void Add(PendingEvent e) => Count(e, 1);

    /// <summary>Leaves an event in the database if its stream is at its limit. False when the event can be in memory.</summary>
    public bool Leave(PendingEvent e)
    {
        if (!leftOf.TryGetValue(e.Stream, out var all) && inMemory.GetValueOrDefault(e.Stream) < Options.MaxPendingPerStream)
            return false;
        if (all is null)
            leftOf.Add(e.Stream, all = new SortedPositions());
        all.Add(e.Position);
        left++;
        return true;
    }

    /// <summary>Completes an event: it is acknowledged, and its place in memory is free.</summary>
    public void Done(PendingEvent e)
    {
        if (!progress.Done(e.Position))
            return;
        var wasFull = !HasRoom;
        Count(e, -1);
        progress.Changed();
        context.Services.Metrics.Handled(context.Services.Provider);
        if (leftOf.ContainsKey(e.Stream) && inMemory.GetValueOrDefault(e.Stream) <= Options.MaxPendingPerStream / 2
            && !toFetch.Contains(e.Stream))
        {
            toFetch.Enqueue(e.Stream);
            context.Signal();
        }
        if (wasFull)
            context.Signal();
    }

    /// <summary>Returns a stream whose left events can be fetched now; null when there is none, or no room.</summary>
    public StreamId? NextToFetch() => HasRoom && toFetch.TryDequeue(out var stream) ? stream : null;

    /// <summary>Fetches events of the stream later: fetching them has failed.</summary>
    public void FetchLater(StreamId stream) => toFetch.Enqueue(stream);

    /// <summary>Returns the positions to fetch next of those that the stream left in the database; null when it left none.</summary>
    public long[]? LeftOf(StreamId stream) =>
        leftOf.TryGetValue(stream, out var all) ? all.After(0, Math.Max(1, Options.MaxPendingPerStream / 2)) : null;

    /// <summary>Notes that these events of a stream were fetched. False when the queue was claimed again in the meantime.</summary>
    public bool Fetched(StreamId stream, long[] positions)
    {
        if (!leftOf.TryGetValue(stream, out var all))
            return false;
        all.RemoveUpTo(positions[^1]);
        left -= positions.Length;
        if (all.Count == 0)
            leftOf.Remove(stream);
        return true;
    }

    private void Count(PendingEvent e, int sign)
    {
        bytes += sign * e.Bytes;
        var count = inMemory.GetValueOrDefault(e.Stream) + sign;
        if (count > 0)
            inMemory[e.Stream] = count;
        else
            inMemory.Remove(e.Stream);
    }
}
