namespace SoonShop.Silo.Streams;

/// <summary>
/// Keeps a reader from missing what commits late. Positions are given out in order, but become visible when their
/// transactions commit: below the last position that was read, others may still appear. Whatever takes a position has a
/// transaction id by then, so each stretch that was read remembers which transactions were under way; while any of them
/// is, the stretch is looked at again. A stretch that waits only for a long transaction is left alone until that ends: a
/// long one elsewhere delays nothing, it only makes the window longer.
/// </summary>
internal sealed class ReadWindow
{
    /// <summary>How long a stretch is looked at again with every read: most transactions have ended by then.</summary>
    private const long YoungMs = 250;

    private readonly SortedPositions known = new();
    private readonly List<Stretch> stretches = [];

    /// <param name="watermark">Everything up to here is done with, and nothing can appear below it.</param>
    public ReadWindow(long watermark) => Final = Last = watermark;

    /// <summary>Below and at this, nothing new can appear.</summary>
    public long Final { get; private set; }

    /// <summary>The end of what was read.</summary>
    public long Last { get; private set; }

    /// <summary>Positions beyond <see cref="Final"/> that were read.</summary>
    public int Known => known.Count;

    /// <summary>True when a transaction that something waited for has ended: another read is due at once.</summary>
    public bool IsRipe => stretches.Exists(s => s.Ripe);

    /// <summary>True while young stretches wait for transactions.</summary>
    public bool IsUnsettled(long nowMs) => stretches.Exists(s => s.Ripe || nowMs - s.ReadAtMs < YoungMs);

    /// <summary>Where the next read begins (exclusive), and which positions it already knows beyond that.</summary>
    public (long From, long[] Known) Next(long nowMs)
    {
        var from = Last;
        foreach (var stretch in stretches)
        {
            if (stretch.Ripe || nowMs - stretch.ReadAtMs < YoungMs)
            {
                from = stretch.From;
                break;
            }
        }
        return (from, known.After(from));
    }

    /// <summary>
    /// True when what a read found may belong behind something that it did not look at, because a transaction that an earlier stretch waits
    /// for has ended meanwhile. Then the find is to be forgotten: the next read begins with that stretch, and finds both in their order.
    /// </summary>
    /// <param name="from">Where the read began.</param>
    /// <param name="snapshot">What it could see.</param>
    public bool Overtakes(long from, DatabaseSnapshot snapshot)
    {
        var overtakes = false;
        foreach (var stretch in stretches)
        {
            if (stretch.From < from && stretch.Waiting.Any(snapshot.HadEnded))
                overtakes = stretch.Ripe = true;
        }
        return overtakes;
    }

    /// <summary>The transactions that stretches have waited for this long, or longer.</summary>
    public long[] WaitedFor(long nowMs, TimeSpan time) =>
        [.. stretches.Where(s => nowMs - s.FirstReadAtMs >= time.TotalMilliseconds).SelectMany(s => s.Waiting).Distinct()];

    /// <summary>Waits no longer for transactions that have brought nothing to what was read: see <see cref="EventWriters"/>. No read may have come in between.</summary>
    public void Forget(IReadOnlyCollection<long> transactions, long nowMs)
    {
        foreach (var stretch in stretches)
            stretch.Waiting.ExceptWith(transactions);
        Settle(nowMs);
    }

    /// <summary>Takes in a read.</summary>
    /// <param name="from">Where it began.</param>
    /// <param name="positions">What it found, in order, without what was known.</param>
    /// <param name="complete">False when there may be more behind the last that it found.</param>
    /// <param name="snapshot">What it could see.</param>
    /// <param name="nowMs">A clock.</param>
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
                stretch.Ripe = false;
            }
            else
            {
                stretch.Ripe |= stretch.Waiting.Any(snapshot.HadEnded);
            }
        }
        if (positions.Count > 0 && positions[^1] > Last)
        {
            stretches.Add(new Stretch { From = Last, To = positions[^1], Waiting = snapshot.Unended(), ReadAtMs = nowMs, FirstReadAtMs = nowMs });
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
        // Old ones that lie side by side are as good as one: there are never many.
        for (var i = stretches.Count - 2; i >= 0; i--)
        {
            var (first, second) = (stretches[i], stretches[i + 1]);
            if (nowMs - second.ReadAtMs < YoungMs || first.Ripe != second.Ripe)
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
        public bool Ripe { get; set; }
    }
}
