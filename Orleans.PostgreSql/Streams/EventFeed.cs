using Npgsql;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Reads all committed events from a position on, of every stream, for one reader that keeps its own position. Events of one stream come in
/// the order of their commits, also those that commit late (<see cref="ReadWindow"/>). Scheduled events come when they are released.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="position">The reader has all events up to here, and no event can appear below it.</param>
/// <param name="time">The clock for waiting.</param>
internal sealed class EventFeed(NpgsqlDataSource database, long position, TimeProvider time)
{
    /// <summary>
    /// The most positions that are remembered while a transaction of unknown length is running. Beyond them, the feed waits for it.
    /// </summary>
    private const int MaxKnown = 20_000;

    private readonly ReadWindow window = new(position);
    private readonly LongTransactions longTransactions = new(database);
    private (long From, QueueReadResult Result)? pending;

    /// <summary>The reader has all events up to here that it accepted, and no event can appear at or below this position.</summary>
    public long Final => window.Final;

    /// <summary>True when the next read need not wait.</summary>
    public bool HasMore { get; private set; }

    /// <summary>
    /// Reads the next events, at most so many, and at most so many bytes (but one event at least). Call <see cref="Accept"/> before the
    /// next read; a reader that failed with the events opens a new feed at its position.
    /// </summary>
    public async Task<IReadOnlyList<EventRow>> ReadAsync(int maxEvents, int maxBytes, CancellationToken cancellation)
    {
        await longTransactions.ForgetBystandersAsync(window, NowMs, cancellation);
        var isFull = window.Known > MaxKnown && !window.IsReady;
        var (from, known) = isFull ? (From: long.MaxValue, Known: Array.Empty<long>()) : window.Next(NowMs);
        var result = await ReadAsync(from, known, maxEvents, maxBytes, cancellation);
        if ((isFull || result.Rows.Count > 0) && window.Overtakes(from, result.Snapshot))
        {
            HasMore = true;
            return [];
        }
        if (isFull)
        {
            HasMore = false;
            return [];
        }
        pending = (from, result);
        return result.Rows;
    }

    /// <summary>Records that the reader is done with the events of the last read.</summary>
    public void Accept()
    {
        if (pending is not { } read)
            return;
        window.Read(read.From, read.Result.Rows.ConvertAll(r => r.Position), read.Result.Complete, read.Result.Snapshot, NowMs);
        HasMore = !read.Result.Complete || window.IsReady;
        pending = null;
    }

    private long NowMs => (long)time.GetElapsedTime(0).TotalMilliseconds;

    private async Task<QueueReadResult> ReadAsync(long from, long[] known, int maxEvents, int maxBytes, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"""
            select s.snapshot::text, pg_snapshot_xmax(s.snapshot)::text::bigint + age(pg_snapshot_xmax(s.snapshot)::xid), s.harmless,
                   e.events, {StreamDatabase.Columns}
            from (select pg_current_snapshot() as snapshot, {DatabaseSnapshot.Harmless} as harmless) s
            left join lateral (
              select *, count(*) over () as events,
                     sum(coalesce(octet_length(payload), pg_column_size(data))) over (order by position rows unbounded preceding) as bytes,
                     row_number() over (order by position) as place
              from (select * from event where due_at is null and position > $1 and position <> all ($2) order by position limit $3) page
              ) e on e.bytes <= $4 or e.place = 1
            order by e.position
            """);
        command.Parameters.Add(new() { Value = from });
        command.Parameters.Add(new() { Value = known });
        command.Parameters.Add(new() { Value = maxEvents });
        command.Parameters.Add(new() { Value = (long)maxBytes });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        QueueReadResult? result = null;
        while (await reader.ReadAsync(cancellation))
        {
            result ??= new QueueReadResult(
                [], reader.IsDBNull(3) ? 0 : reader.GetInt64(3), maxEvents,
                new DatabaseSnapshot(reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<long[]>(2)), 0);
            if (!reader.IsDBNull(3))
                result.Rows.Add(StreamDatabase.Row(reader, 4));
        }
        return result!;
    }
}
