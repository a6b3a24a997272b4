namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Reads the events of one queue from the database: new ones, and those that streams at their limit left there. Orleans' calls of the
/// reader run it, one after the other.
/// </summary>
internal sealed class QueuePoller(
    ReaderContext context, QueueLease lease, ReaderProgress progress, PendingEvents pending, EventDecoder decoder, EventDelivery delivery)
{
    /// <summary>After how long, and how often, a running transaction is checked for written events.</summary>
    private static readonly TimeSpan LongTransaction = TimeSpan.FromSeconds(2);

    private readonly ReaderServices services = context.Services;
    private readonly Lock gate = context.Gate;
    private long lastReadMs, askedAtMs;
    private volatile bool more;

    /// <summary>True when there is something to read and room for it.</summary>
    public bool IsDue
    {
        get
        {
            lock (gate)
                return pending.HasRoom && (more || pending.HasStreamToFetch || progress.Window.IsReady);
        }
    }

    /// <summary>True when the last read is so long ago that the database is asked even without a signal.</summary>
    public bool IsIdle => ReaderContext.NowMs() - Volatile.Read(ref lastReadMs) >= context.Options.IdlePoll.TotalMilliseconds;

    /// <summary>Notes that the database may have new events.</summary>
    public void ExpectMore() => more = true;

    /// <summary>Reads once, and hands what it finds to <see cref="EventDelivery"/>.</summary>
    public async Task ReadAsync()
    {
        await ForgetBystandersAsync();
        StreamId? fetch;
        lock (gate)
            fetch = pending.NextToFetch();
        if (fetch is { } rest)
            await FetchLeftAsync(rest);
        else
            await ReadNewAsync();
    }

    private async Task ReadNewAsync()
    {
        if (await services.Reads.ReadAsync(BeginRead).WaitAsync(context.Stopping) is not { } answer)
            return;
        var (read, result) = answer;
        var epoch = lease.Epoch;
        if (result.Epoch != epoch)
        {
            lease.Fenced(epoch);
            return;
        }
        var events = await decoder.DecodeAsync(result.Rows);
        lock (gate)
        {
            lastReadMs = ReaderContext.NowMs();
            if (result.Rows.Count > 0 && progress.Window.Overtakes(read.From, result.Snapshot))
            {
                more = true;
                return;
            }
            more |= !result.Complete;
            progress.Read(read, result, lastReadMs);
            foreach (var e in events)
                delivery.Accept(e);
            progress.ChangedIfFinalRose();
        }
        services.Metrics.Read(services.Provider, result.Rows.Count);
    }

    /// <summary>Returns where the next read starts; null when there is no room for its events.</summary>
    private QueueRead? BeginRead()
    {
        lock (gate)
        {
            if (!pending.HasRoom || context.Stopping.IsCancellationRequested)
                return null;
            more = false;
            return progress.NextRead();
        }
    }

    /// <summary>
    /// Checks transactions that have been open for long. One that has written no events is ignored, so that it does not hold back the
    /// final position, the watermark and retention.
    /// </summary>
    private async Task ForgetBystandersAsync()
    {
        long[] waitedFor;
        lock (gate)
        {
            var nowMs = ReaderContext.NowMs();
            if (nowMs - askedAtMs < LongTransaction.TotalMilliseconds)
                return;
            waitedFor = progress.Window.WaitedFor(nowMs, LongTransaction);
        }
        if (waitedFor.Length == 0)
            return;
        var bystanders = await EventWriters.NotAmongAsync(services.Database.Source, waitedFor, context.Stopping);
        lock (gate)
        {
            askedAtMs = ReaderContext.NowMs();
            progress.Window.Forget(bystanders, askedAtMs);
            progress.ChangedIfFinalRose();
        }
    }

    /// <summary>Reads the next events of a stream that were left in the database.</summary>
    private async Task FetchLeftAsync(StreamId stream)
    {
        long[]? positions;
        lock (gate)
            positions = pending.LeftOf(stream);
        if (positions is null)
            return;
        List<PendingEvent> events;
        try
        {
            events = await decoder.DecodeAsync(await services.Database.ReadEventsAsync(context.Queue, positions, context.Stopping));
        }
        catch
        {
            lock (gate)
                pending.FetchLater(stream);
            throw;
        }
        lock (gate)
        {
            if (!pending.Fetched(stream, positions))
                return;
            foreach (var e in events)
                delivery.AcceptFetched(e);
        }
    }
}
