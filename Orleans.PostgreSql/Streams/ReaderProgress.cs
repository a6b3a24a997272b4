namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// The progress of one queue's reader: which positions are read, which are done, and what of that the database has. The methods for
/// the <see cref="AckWriter"/> take the lock; call the others under it.
/// </summary>
internal sealed class ReaderProgress(ReaderContext context, QueueLease lease) : IProgress
{
    /// <summary>How often done ranges are written.</summary>
    private static readonly TimeSpan DoneInterval = TimeSpan.FromSeconds(1);

    private AckLedger ledger = new(0, []);

    /// <summary>The ranges beyond the initial watermark that earlier owners have acknowledged.</summary>
    private PositionRange[] inherited = [];

    /// <summary>The progress that the database has, as far as known.</summary>
    private (long Watermark, PositionRange[]? Done, long DoneAtMs) written;

    public int Queue => context.Queue;

    /// <summary>What is read.</summary>
    public ReadWindow Window { get; private set; } = new(0);

    /// <summary>The number of events that were read and are not done.</summary>
    public int Pending => ledger.Pending;

    /// <summary>Starts with what the previous owner of the queue has acknowledged.</summary>
    public void Restart(QueueClaim claim)
    {
        Window = new ReadWindow(claim.Watermark);
        ledger = new AckLedger(claim.Watermark, claim.Done);
        inherited = claim.Done;
        written = (claim.Watermark, null, 0);
    }

    /// <summary>Returns where the next read starts and what it skips.</summary>
    public QueueRead NextRead()
    {
        var (from, known) = Window.Next(ReaderContext.NowMs());
        if (inherited is [.., var last] && last.To <= Window.Final)
            inherited = [];
        return new QueueRead(Queue, from, known, inherited);
    }

    /// <summary>Records a read.</summary>
    public void Read(QueueRead read, QueueReadResult result, long nowMs)
    {
        Window.Read(read.From, result.Rows.ConvertAll(r => r.Position), result.Complete, result.Snapshot, nowMs);
        foreach (var row in result.Rows)
            ledger.Read(row.Position);
    }

    /// <summary>Marks a position as done. False when it was not pending.</summary>
    public bool Done(long position) => ledger.Done(position);

    /// <summary>Has the progress written.</summary>
    public void Changed() => context.Services.Acks.Changed(this);

    /// <summary>Has the progress written if the watermark may rise.</summary>
    public void ChangedIfFinalRose()
    {
        if (Window.Final > ledger.Watermark)
            Changed();
    }

    public QueueProgress? Progress()
    {
        lock (context.Gate)
        {
            if (!lease.IsOwner)
                return null;
            var (watermark, done) = ledger.ToWrite(Window.Final);
            PositionRange[]? changed = written.Done is { } before && before.AsSpan().SequenceEqual(done) ? null : done;
            // The ranges may be long, so they are written less often. Events missing from them are handled again if this silo ends.
            if (changed is not null && ReaderContext.NowMs() - written.DoneAtMs < DoneInterval.TotalMilliseconds
                && !context.Stopping.IsCancellationRequested)
            {
                changed = null;
                Changed();
            }
            return watermark == written.Watermark && changed is null ? null : new QueueProgress(Queue, lease.Epoch, watermark, changed);
        }
    }

    public void Written(QueueProgress progress)
    {
        lock (context.Gate)
        {
            if (progress.Epoch != lease.Epoch)
                return;
            written = progress.Done is null
                ? written with { Watermark = progress.Watermark }
                : (progress.Watermark, progress.Done, ReaderContext.NowMs());
        }
    }

    public void Fenced(long staleEpoch) => lease.Fenced(staleEpoch);
}
