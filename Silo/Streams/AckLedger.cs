namespace SoonShop.Silo.Streams;

/// <summary>
/// What was read of a queue and is done with, or not yet: from this follows what the database is told. Done with is
/// everything up to the watermark, and beyond it the positions of a list, so that one slow consumer holds back no other's
/// acknowledgements.
/// </summary>
internal sealed class AckLedger
{
    /// <summary>
    /// The longest list that is written. What falls off it is redelivered if this silo dies: handlers know it by the
    /// event's id. A list of this length takes 160 KB.
    /// </summary>
    private const int MaxListed = 20_000;

    private readonly SortedPositions pending = new();
    private readonly SortedPositions done = new();

    /// <param name="watermark">Everything up to here is done with.</param>
    /// <param name="done">Done with beyond it.</param>
    public AckLedger(long watermark, IEnumerable<long> done)
    {
        Watermark = watermark;
        foreach (var position in done)
            this.done.Add(position);
    }

    /// <summary>Everything up to here is done with.</summary>
    public long Watermark { get; private set; }

    /// <summary>Read and not done with.</summary>
    public int Pending => pending.Count;

    /// <summary>Done with beyond the watermark.</summary>
    public int Listed => done.Count;

    public void Read(long position) => pending.Add(position);

    /// <summary>False when it was not pending.</summary>
    public bool Done(long position) => pending.Remove(position) && done.Add(position);

    /// <summary>What to write, when nothing new can appear up to <paramref name="final"/>.</summary>
    public (long Watermark, long[] Done) ToWrite(long final)
    {
        Watermark = Math.Max(Watermark, pending.Count > 0 ? Math.Min(pending.Min - 1, final) : final);
        done.RemoveUpTo(Watermark);
        return (Watermark, done.After(Watermark, MaxListed));
    }
}
