namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>A range of positions, both ends included.</summary>
internal readonly record struct PositionRange(long From, long To);

/// <summary>
/// Tracks which events of a queue are pending and which are done, and what to write to the database. Done are all events up to
/// the watermark and those in the ranges beyond it, so a slow consumer does not hold back the acknowledgements of others. Every event
/// of the queue in a range is done. A range therefore spans positions that were never read only where no new event can appear.
/// </summary>
internal sealed class AckLedger
{
    /// <summary>
    /// The most ranges that are written, about 350 KB. Events beyond them are redelivered if this silo ends; handlers deduplicate by event
    /// id.
    /// </summary>
    private const int MaxRanges = 20_000;

    private readonly SortedPositions pending = new();

    /// <summary>Positions that became done since the ranges were last built.</summary>
    private readonly SortedPositions done = new();

    private List<PositionRange> ranges;

    /// <param name="watermark">All events up to this position are done.</param>
    /// <param name="done">Done ranges beyond it, in order.</param>
    public AckLedger(long watermark, IEnumerable<PositionRange> done) => (Watermark, ranges) = (watermark, [.. done]);

    /// <summary>All events up to this position are done.</summary>
    public long Watermark { get; private set; }

    /// <summary>The number of events that were read and are not done.</summary>
    public int Pending => pending.Count;

    public void Read(long position) => pending.Add(position);

    /// <summary>Marks a position as done. False when it was not pending.</summary>
    public bool Done(long position) => pending.Remove(position) && done.Add(position);

    /// <summary>Returns what to write, given that no new event can appear up to <paramref name="final"/>.</summary>
    public (long Watermark, PositionRange[] Done) ToWrite(long final)
    {
        Watermark = Math.Max(Watermark, pending.Count > 0 ? Math.Min(pending.Min - 1, final) : final);
        var next = new List<PositionRange>();
        var fresh = done.After(Watermark);
        for (int old = 0, at = 0; old < ranges.Count || at < fresh.Length;)
        {
            if (at == fresh.Length || (old < ranges.Count && ranges[old].From < fresh[at]))
                Append(next, ranges[old++], final);
            else
                Append(next, new PositionRange(fresh[at], fresh[at++]), final);
        }
        done.Clear();
        ranges = next;
        return (Watermark, [.. next.Take(MaxRanges)]);
    }

    private void Append(List<PositionRange> list, PositionRange range, long final)
    {
        if (range.To <= Watermark)
            return;
        if (list.Count > 0 && list[^1] is var last
            && (range.From <= last.To + 1 || (range.From <= final && !pending.AnyBetween(last.To, range.From))))
        {
            list[^1] = new PositionRange(last.From, Math.Max(last.To, range.To));
        }
        else
        {
            list.Add(range);
        }
    }
}
