namespace SoonShop.Silo.Streams;

/// <summary>Positions from one to another, both included.</summary>
internal readonly record struct PositionRange(long From, long To);

/// <summary>
/// What was read of a queue and is done with, or not yet: from this follows what the database is told. Done with is
/// everything up to the watermark, and beyond it what lies in some ranges, so that one slow consumer holds back no other's
/// acknowledgements. A range says: whatever there is of this queue in it is done with. So it reaches over positions that were never
/// read only where nothing new can appear.
/// </summary>
internal sealed class AckLedger
{
    /// <summary>
    /// The most ranges that are written, about 350 KB. What falls off is redelivered if this silo dies: handlers know it by the event's id.
    /// </summary>
    private const int MaxRanges = 20_000;

    private readonly SortedPositions pending = new();

    /// <summary>Done with since the last time that the ranges were made up.</summary>
    private readonly SortedPositions done = new();

    private List<PositionRange> ranges;

    /// <param name="watermark">Everything up to here is done with.</param>
    /// <param name="done">Done with beyond it, in order.</param>
    public AckLedger(long watermark, IEnumerable<PositionRange> done) => (Watermark, ranges) = (watermark, [.. done]);

    /// <summary>Everything up to here is done with.</summary>
    public long Watermark { get; private set; }

    /// <summary>Read and not done with.</summary>
    public int Pending => pending.Count;

    public void Read(long position) => pending.Add(position);

    /// <summary>False when it was not pending.</summary>
    public bool Done(long position) => pending.Remove(position) && done.Add(position);

    /// <summary>What to write, when nothing new can appear up to <paramref name="final"/>.</summary>
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
