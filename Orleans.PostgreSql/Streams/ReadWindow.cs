namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Prevents a reader from missing events that commit late. Positions are assigned in order but become visible at commit, so new
/// events may appear below the last position read. A transaction has an id when it takes a position. Each stretch that was
/// read therefore records the transactions that were running, and is read again while any of them runs. A stretch that waits only
/// for a long transaction is read again when that ends, so a long transaction delays nothing and only lengthens the window.
/// </summary>
internal sealed class ReadWindow
{
    /// <summary>How long a stretch is reread with every read. Most transactions end within this time.</summary>
    private const long YoungMs = 250;

    private readonly SortedPositions known = new();
    private readonly List<Stretch> stretches = [];

    /// <param name="watermark">All events up to here are done, and no event can appear below it.</param>
    public ReadWindow(long watermark) => Final = Last = watermark;

    /// <summary>No new event can appear at or below this position.</summary>
    public long Final { get; private set; }

    /// <summary>The last position that was read.</summary>
    public long Last { get; private set; }

    /// <summary>The number of positions read beyond <see cref="Final"/>.</summary>
    public int Known => known.Count;

    /// <summary>True when a transaction that a stretch waited for has ended: read again at once.</summary>
    public bool IsReady => stretches.Exists(s => s.Ready);

    /// <summary>True while young stretches wait for transactions.</summary>
    public bool IsUnsettled(long nowMs) => stretches.Exists(s => s.Ready || nowMs - s.ReadAtMs < YoungMs);

    /// <summary>Where the next read starts (exclusive), and the positions beyond it to skip.</summary>
    public (long From, long[] Known) Next(long nowMs)
    {
        var from = Last;
        foreach (var stretch in stretches)
        {
            if (stretch.Ready || nowMs - stretch.ReadAtMs < YoungMs)
            {
                from = stretch.From;
                break;
            }
        }
        return (from, known.After(from));
    }

    /// <summary>
    /// True when the result of a read must be dropped: a transaction that an earlier stretch waits for has ended in the meantime, so
    /// an earlier event may have been skipped. The next read starts with that stretch and finds both in order.
    /// </summary>
    /// <param name="from">Where the read started.</param>
    /// <param name="snapshot">The snapshot of the read.</param>
    public bool Overtakes(long from, DatabaseSnapshot snapshot)
    {
        var overtakes = false;
        foreach (var stretch in stretches)
        {
            if (stretch.From < from && stretch.Waiting.Any(snapshot.HadEnded))
                overtakes = stretch.Ready = true;
        }
        return overtakes;
    }

    /// <summary>The transactions that stretches have waited for at least this long.</summary>
    public long[] WaitedFor(long nowMs, TimeSpan time) =>
        [.. stretches.Where(s => nowMs - s.FirstReadAtMs >= time.TotalMilliseconds).SelectMany(s => s.Waiting).Distinct()];

    /// <summary>
    /// Stops waiting for transactions that have written no events (see <see cref="EventWriters"/>). No read may happen in between.
    /// </summary>
    public void Forget(IReadOnlyCollection<long> transactions, long nowMs)
    {
        foreach (var stretch in stretches)
            stretch.Waiting.ExceptWith(transactions);
        Settle(nowMs);
    }

    /// <summary>Records a read.</summary>
    /// <param name="from">Where it started.</param>
    /// <param name="positions">The new positions, in order.</param>
    /// <param name="complete">False when more may follow the last one.</param>
    /// <param name="snapshot">The snapshot of the read.</param>
    /// <param name="nowMs">The current time in milliseconds.</param>
    public void Read(long from, IReadOnlyList<long> positions, bool complete, DatabaseSnapshot snapshot, long nowMs)
    {
        foreach (var position in positions)
            known.Add(position);
        var covered = complete ? long.MaxValue : positions[^1];
        foreach (var stretch in stretches)
        {
            if (stretch.From >= from && stretch.To <= covered)
            {
                stretch.Waiting.RemoveWhere(snapshot.HadEnded);
                stretch.Ready = false;
            }
            else
            {
                stretch.Ready |= stretch.Waiting.Any(snapshot.HadEnded);
            }
        }
        if (positions.Count > 0 && positions[^1] > Last)
        {
            stretches.Add(
                new Stretch { From = Last, To = positions[^1], Waiting = snapshot.Unended(), ReadAtMs = nowMs, FirstReadAtMs = nowMs });
            Last = positions[^1];
        }
        Settle(nowMs);
    }

    private void Settle(long nowMs)
    {
        var settled = 0;
        while (settled < stretches.Count && stretches[settled].Waiting.Count == 0)
            Final = stretches[settled++].To;
        stretches.RemoveRange(0, settled);
        known.RemoveUpTo(Final);
        // Adjacent old stretches are merged, so there are never many.
        for (var i = stretches.Count - 2; i >= 0; i--)
        {
            var (first, second) = (stretches[i], stretches[i + 1]);
            if (nowMs - second.ReadAtMs < YoungMs || first.Ready != second.Ready)
                continue;
            first.To = second.To;
            first.ReadAtMs = second.ReadAtMs;
            first.Waiting.UnionWith(second.Waiting);
            stretches.RemoveAt(i + 1);
        }
    }

    private sealed class Stretch
    {
        public long From { get; init; }
        public long To { get; set; }
        public required HashSet<long> Waiting { get; init; }
        public long ReadAtMs { get; set; }
        public long FirstReadAtMs { get; init; }
        public bool Ready { get; set; }
    }
}
