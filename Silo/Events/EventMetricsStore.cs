using Npgsql;
using SoonShop.Events;

namespace SoonShop.Silo.Events;

/// <summary>
/// Reads the metrics of the whole cluster from the table <c>event_stat</c>, to which the silos add, and the state of the queues.
/// </summary>
internal sealed class EventMetricsStore(NpgsqlDataSource database) : IEventMetricsStore
{
    /// <summary>Counting stops here; beyond it only the order of magnitude matters.</summary>
    private const int MaxCount = 100_000;

    public async Task<EventStats> ReadAsync(int windowMinutes, CancellationToken cancellation)
    {
        var buckets = string.Join(
            ", ", Enumerable.Range(1, EventMetrics.BoundsMs.Length + 1).Select(i => $"coalesce(sum(buckets[{i}]), 0)::bigint"));
        await using var command = database.CreateCommand($"""
            select event_type, handler, error_class, sum(published)::bigint, sum(delivered)::bigint, sum(failed)::bigint,
                   sum(retried)::bigint, sum(dead_lettered)::bigint, sum(total_ms), array[{buckets}]
            from event_stat where minute >= date_trunc('minute', clock_timestamp()) - $1
            group by event_type, handler, error_class
            """);
        command.Parameters.Add(new() { Value = TimeSpan.FromMinutes(windowMinutes - 1) });
        var sums = new List<EventSums>();
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
            {
                sums.Add(new EventSums(
                    reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4),
                    reader.GetInt64(5), reader.GetInt64(6), reader.GetInt64(7), reader.GetDouble(8), [.. reader.GetFieldValue<long[]>(9)]));
            }
        }
        await using var clock = database.CreateCommand("select clock_timestamp()");
        var to = new DateTimeOffset((DateTime)(await clock.ExecuteScalarAsync(cancellation))!);
        var from = new DateTimeOffset(to.UtcTicks - (to.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero) - TimeSpan.FromMinutes(
            windowMinutes - 1);
        return EventMetricsSummary.Of(from, to, sums, await ReadQueueAsync(cancellation));
    }

    /// <summary>Reads the current state of the queues.</summary>
    public async Task<EventQueueState> ReadQueueAsync(CancellationToken cancellation)
    {
        // Events of a queue beyond its watermark, except those that are already done.
        await using var command = database.CreateCommand($"""
            select
              coalesce((select sum(greatest(0, pending.count - cardinality(q.done))) from stream_queue q cross join lateral (
                 select count(*) as count from (select 1 from event where queue = q.id and due_at is null and position > q.watermark
                     and not position <@ q.done_ranges limit {MaxCount}) l) pending
               where q.provider = $1), 0)::bigint,
              coalesce((select extract(epoch from clock_timestamp() - min(oldest.time)) from stream_queue q cross join lateral (
                 select coalesce(e.not_before, e.time) as time from event e
                 where e.queue = q.id and e.due_at is null and e.position > q.watermark and e.position <> all (q.done)
                   and not e.position <@ q.done_ranges order by e.position limit 1) oldest
               where q.provider = $1), 0)::double precision,
              (select count(*) from (select 1 from event where due_at is not null limit {MaxCount}) s),
              (select count(*) from (select 1 from event_delivery where status = 'waiting' limit {MaxCount}) w),
              (select count(*) from (select 1 from event_delivery where status = 'dead' limit {MaxCount}) d)
            """);
        command.Parameters.Add(new() { Value = ShopStreams.Provider });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new EventQueueState(
            reader.GetInt64(0), Math.Round(Math.Max(0, reader.GetDouble(1)), 3), reader.GetInt64(2), reader.GetInt64(3),
            reader.GetInt64(4));
    }

    /// <summary>Adds the counts of one silo.</summary>
    public async Task AddAsync(IReadOnlyList<EventSums> sums, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        // A fixed order prevents a deadlock between two silos that add to the same rows.
        foreach (var s in sums.OrderBy(s => (s.EventType, s.Handler, s.ErrorClass)))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("""
                insert into event_stat as e values (date_trunc('minute', clock_timestamp()), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                on conflict (minute, event_type, handler, error_class) do update set
                  published = e.published + excluded.published, delivered = e.delivered + excluded.delivered,
                  failed = e.failed + excluded.failed,
                  retried = e.retried + excluded.retried, dead_lettered = e.dead_lettered + excluded.dead_lettered,
                  total_ms = e.total_ms + excluded.total_ms, buckets = add_buckets(e.buckets, excluded.buckets)
                """)
            {
                Parameters =
                {
                    new() { Value = s.EventType }, new() { Value = s.Handler }, new() { Value = s.ErrorClass },
                    new() { Value = s.Published }, new() { Value = s.Delivered }, new() { Value = s.Failed }, new() { Value = s.Retried },
                    new() { Value = s.DeadLettered }, new() { Value = s.TotalMs }, new() { Value = s.Buckets.ToArray() },
                },
            });
        }
        await batch.ExecuteNonQueryAsync(cancellation);
    }
}
