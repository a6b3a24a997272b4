using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Orleans.PostgreSql.Storage;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>A row of the event table.</summary>
internal sealed record EventRow(
    long Position, string Id, string Source, long Sequence, string Type, string Subject, string Namespace, string Key, DateTimeOffset Time,
    DateTimeOffset? NotBefore, string? CorrelationId, string? CausationId, string? TraceParent, byte[]? Data, byte[]? Payload)
{
    /// <summary>The approximate size of the row in memory.</summary>
    public int Bytes => 512 + (Data?.Length ?? Payload!.Length);
}

/// <summary>The result of claiming a queue.</summary>
internal sealed record QueueClaim(long Epoch, long Watermark, PositionRange[] Done);

/// <summary>A silo's progress in one queue.</summary>
/// <param name="Queue">The queue's id.</param>
/// <param name="Epoch">The epoch of its ownership.</param>
/// <param name="Watermark">All events up to this position are done.</param>
/// <param name="Done">Done ranges beyond it; null when they have not changed since the last write.</param>
internal sealed record QueueProgress(int Queue, long Epoch, long Watermark, PositionRange[]? Done);

/// <summary>The SQL of the stream provider.</summary>
internal sealed class StreamDatabase : IAsyncDisposable
{
    /// <summary>How long a read of the queues may take when the data source sets no limit.</summary>
    private static readonly TimeSpan MaxReadTime = TimeSpan.FromSeconds(30);

    private readonly NpgsqlDataSource database;

    /// <summary>How long a read of the queues may take: as long as any command of the data source.</summary>
    private readonly TimeSpan readTimeout;

    /// <summary>
    /// Holds the connection that reads the queues. On a pool, each connection would plan the statement for itself and come back to it cold.
    /// </summary>
    private readonly BatchConnection reading;

    /// <summary>One read at a time uses the held connection.</summary>
    private readonly SemaphoreSlim readTurn = new(1);

    private readonly string name;
    private readonly OwnedNames? names;
    private string? found;

    /// <param name="database">The database.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="owner">The provider's owner; null when the name is used as it is.</param>
    public StreamDatabase(NpgsqlDataSource database, string name, string? owner = null)
    {
        (this.database, this.name) = (database, name);
        var seconds = new NpgsqlConnectionStringBuilder(database.ConnectionString).CommandTimeout;
        readTimeout = seconds > 0 ? TimeSpan.FromSeconds(seconds) : MaxReadTime;
        reading = new BatchConnection(database, readTimeout, readTimeout);
        names = owner is null ? null : new OwnedNames(database, "stream", owner);
    }

    /// <summary>The provider's name in the database: see <see cref="OwnedNames"/>.</summary>
    public string Provider => found ?? name;

    /// <summary>The columns of an event, in the order of <see cref="Row"/>.</summary>
    internal const string Columns = """
        position, id, source, sequence, type, subject, stream_namespace, stream_key, time, not_before,
        correlation_id, causation_id, traceparent, convert_to(data::text, 'UTF8'), payload
        """;

    public NpgsqlDataSource Source => database;

    /// <summary>Finds the provider's name in the database. Call it first.</summary>
    /// <exception cref="OrleansConfigurationException">The database has no schema, or an older one.</exception>
    public async Task FindNameAsync(CancellationToken cancellation)
    {
        try
        {
            if (names is not null)
                found = await names.OfAsync(name, cancellation);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw new OrleansConfigurationException(
                $"PostgreSQL streams '{name}': the database has no schema, or an older one; run PostgresSchema.MigrateAsync.", e);
        }
    }

    /// <summary>Returns the ids of the provider's queues by number; empty when it has none.</summary>
    public async Task<int[]> QueuesAsync(CancellationToken cancellation)
    {
        await using var command = Command("select id from stream_queue where provider = $1 order by number", Provider);
        return [.. (await ReadAsync(command, r => r.GetInt32(0), cancellation))];
    }

    /// <summary>
    /// Sets the provider's number of queues, and prevents other silos from changing it while this connection is open. The number
    /// can change only while no other silo runs; pending events then move to their new queues.
    /// </summary>
    /// <exception cref="InvalidOperationException">Other silos use another number of queues.</exception>
    public async Task JoinAsync(NpgsqlConnection connection, int queues, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // The first lock admits one silo at a time. The second, shared lock shows whether other silos run.
        await ExecuteAsync("select pg_advisory_xact_lock(1399870323, hashtext($1))", Provider);
        var existing = await ExecuteAsync("select queues from stream_provider where name = $1", Provider) as int?;
        if (existing != queues)
        {
            if (existing is not null
                && await ExecuteAsync("select pg_try_advisory_xact_lock(1399870324, hashtext($1))", Provider) is not true)
            {
                throw new InvalidOperationException(
                    $"Stream provider {name} has {existing} queues, and other silos work with them; this one is set to {queues}. Set it to "
                        + $"{existing}, or stop the others first.");
            }
            await ExecuteAsync("select ensure_stream_queues($1, $2)", Provider, queues);
        }
        await ExecuteAsync("select pg_advisory_lock_shared(1399870324, hashtext($1))", Provider);
        await transaction.CommitAsync(cancellation);

        async Task<object?> ExecuteAsync(string sql, params object[] values)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = 600 };
            foreach (var value in values)
                command.Parameters.Add(new() { Value = value });
            return await command.ExecuteScalarAsync(cancellation);
        }
    }

    /// <summary>Makes this silo the queue's owner and fences the previous one; null when there is no such queue.</summary>
    public async Task<QueueClaim?> ClaimAsync(int queue, string owner, CancellationToken cancellation)
    {
        await using var command = Command(
            "update stream_queue set epoch = epoch + 1, owner = $2 where id = $1 returning epoch, watermark, done, done_ranges", queue,
            owner);
        // Silos of an earlier version write this list.
        return (await ReadAsync(
            command, r => new QueueClaim(r.GetInt64(0), r.GetInt64(1), [.. r.GetFieldValue<long[]>(2).Select(p => new PositionRange(p, p))
                .Concat(r.GetFieldValue<NpgsqlRange<long>[]>(3).Select(Range)).OrderBy(p => p.From)]), cancellation)).SingleOrDefault();
    }

    /// <summary>Releases the queue, if this silo still owns it.</summary>
    public async Task ReleaseAsync(int queue, long epoch, CancellationToken cancellation)
    {
        await using var command = Command("update stream_queue set owner = null where id = $1 and epoch = $2", queue, epoch);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>True when the queue has no owner.</summary>
    public async Task<bool> IsFreeAsync(int queue, CancellationToken cancellation)
    {
        await using var command = Command("select owner is null from stream_queue where id = $1", queue);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    /// <summary>
    /// Reads events of several queues, each after its position and without the skipped ones, in order. The limits of events and bytes
    /// apply per queue, but at least one event is read.
    /// </summary>
    public async Task<QueueReadResult[]> ReadQueuesAsync(
        IReadOnlyList<QueueRead> reads, int maxEvents, int maxBytes, CancellationToken cancellation)
    {
        await readTurn.WaitAsync(cancellation);
        try
        {
            var finds = await ReadQueuesAsync(await reading.OpenAsync(cancellation), reads, maxEvents, maxBytes, cancellation);
            reading.Used();
            return finds;
        }
        catch
        {
            await reading.DropAsync();
            throw;
        }
        finally
        {
            readTurn.Release();
        }
    }

    private async Task<QueueReadResult[]> ReadQueuesAsync(
        NpgsqlConnection connection, IReadOnlyList<QueueRead> reads, int maxEvents, int maxBytes, CancellationToken cancellation)
    {
        // The id of the next transaction: xmax only follows the last transaction that has ended. A position belongs to one queue.
        await using var command = new NpgsqlCommand($"""
            select s.snapshot::text, pg_snapshot_xmax(s.snapshot)::text::bigint + age(pg_snapshot_xmax(s.snapshot)::xid), s.harmless,
                   q.number, (select epoch from stream_queue where id = q.queue), e.events, {Columns}
            from (select pg_current_snapshot() as snapshot, {DatabaseSnapshot.Harmless} as harmless) s
            cross join (select number, queue, after, done::int8multirange as done
                        from unnest($1, $2, $3) with ordinality r(queue, after, done, number)) q
            left join lateral (
              select *, count(*) over () as events,
                     sum(coalesce(octet_length(payload), pg_column_size(data))) over (order by position rows unbounded preceding) as bytes,
                     row_number() over (order by position) as place
              from (select * from event
                    where queue = q.queue and due_at is null and position > q.after and position <> all ($4) and not position <@ q.done
                    order by position limit $5) page) e on e.bytes <= $6 or e.place = 1
            order by q.number, e.position
            """, connection)
        {
            CommandTimeout = (int)readTimeout.TotalSeconds,
            Parameters =
            {
                new() { Value = reads.Select(r => r.Queue).ToArray() },
                new() { Value = reads.Select(r => r.From).ToArray() },
                new() { Value = reads.Select(r => Text(r.Done)).ToArray() },
                new() { Value = reads.Count == 1 ? reads[0].Known : reads.SelectMany(r => r.Known).ToArray() },
                new() { Value = maxEvents },
                new() { Value = (long)maxBytes },
            },
        };
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        DatabaseSnapshot? snapshot = null;
        var finds = new List<QueueReadResult>(reads.Count);
        while (await reader.ReadAsync(cancellation))
        {
            snapshot ??= new DatabaseSnapshot(reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<long[]>(2));
            if (reader.GetInt64(3) > finds.Count)
            {
                var (epoch, events) = (reader.IsDBNull(4) ? 0 : reader.GetInt64(4), reader.IsDBNull(5) ? 0 : reader.GetInt64(5));
                finds.Add(new QueueReadResult([], events, maxEvents, snapshot, epoch));
            }
            if (!reader.IsDBNull(5))
                finds[^1].Rows.Add(Row(reader, 6));
        }
        return [.. finds];
    }

    /// <summary>Reads events that were left in the database, in order.</summary>
    public async Task<List<EventRow>> ReadEventsAsync(int queue, long[] positions, CancellationToken cancellation)
    {
        await using var command = Command(
            $"""
            select r.* from unnest($2) as k(place) cross join lateral (
              select {Columns} from event where queue = $1 and position = k.place and due_at is null offset 0) r order by r.position
            """, queue, positions);
        return await ReadAsync(command, r => Row(r, 0), cancellation);
    }

    /// <summary>Writes progress and returns the queues that accepted it. The others have another owner.</summary>
    public async Task<HashSet<int>> AcknowledgeAsync(IReadOnlyList<QueueProgress> progress, CancellationToken cancellation)
    {
        // The commit does not wait for the disk: after a database crash, the events are delivered again.
        await using var command = Command("""
            with relaxed as (select set_config('synchronous_commit', 'off', true))
            update stream_queue q set watermark = p.watermark, done_ranges = coalesce(p.done::int8multirange, q.done_ranges),
                                      done = case when p.done is null then q.done else '{}' end
            from relaxed, unnest($1, $2, $3, $4) as p(queue, epoch, watermark, done)
            where q.id = p.queue and q.epoch = p.epoch
            returning q.id
            """,
            progress.Select(p => p.Queue).ToArray(), progress.Select(p => p.Epoch).ToArray(), progress.Select(p => p.Watermark).ToArray(),
            progress.Select(p => p.Done is null ? null : Text(p.Done)).ToArray());
        return [.. await ReadAsync(command, r => r.GetInt32(0), cancellation)];
    }

    /// <summary>Inserts published events and returns the queues that have new events.</summary>
    public async Task<int[]> PublishAsync(IReadOnlyList<OutgoingEvent> events, CancellationToken cancellation)
    {
        // For a client that started without a database.
        await FindNameAsync(cancellation);
        await using var command = Command("select publish_events($1, $2, $3, $4, $5, $6)", Provider,
            events.Select(e => e.Id).ToArray(), events.Select(e => e.Type).ToArray(), events.Select(e => e.Namespace).ToArray(),
            events.Select(e => e.Key).ToArray(), events.Select(e => e.Payload).ToArray());
        return await command.ExecuteScalarAsync(cancellation) as int[] ?? [];
    }

    /// <summary>Releases scheduled events that are due.</summary>
    public async Task<(int[] Queues, int Released, TimeSpan? Next)> ReleaseDueAsync(int limit, CancellationToken cancellation)
    {
        await using var command = Command("select queues, released, next_ms from release_events($1, $2)", Provider, limit);
        return (await ReadAsync(command, r => (
            r.IsDBNull(0) ? [] : r.GetFieldValue<int[]>(0), r.GetInt32(1),
            r.IsDBNull(2) ? (TimeSpan?)null : TimeSpan.FromMilliseconds(Math.Max(0, r.GetDouble(2)))), cancellation)).Single();
    }

    /// <summary>Wakes readers in other processes.</summary>
    public async Task NotifyAsync(string queues, CancellationToken cancellation)
    {
        await using var command = Command($"select pg_notify('{EventSignal.Channel}', $1)", queues);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Stores an undelivered event. Idempotent.</summary>
    public async Task StoreUndeliveredAsync(UndeliveredEvent e, CancellationToken cancellation)
    {
        await using var command = Command("""
            insert into stream_undelivered (position, provider, event_id, event_type, stream_namespace, stream_key,
                reason, consumers, error)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
            """,
            e.Position, Provider, e.EventId, e.EventType, e.Stream.GetNamespace() ?? "", e.Stream.GetKeyAsString(), e.Reason.ToString(),
            e.Consumers.Select(c => c.ToString()).ToArray(), e.Error?.ToString() ?? "");
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Closes the held connection. A read that does not end within its own limit is left alone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (await readTurn.WaitAsync(readTimeout))
            await reading.DisposeAsync();
    }

    private static PositionRange Range(NpgsqlRange<long> range) => new(
        range.LowerBoundIsInclusive ? range.LowerBound : range.LowerBound + 1,
        range.UpperBoundIsInclusive ? range.UpperBound : range.UpperBound - 1);

    /// <summary>A multirange as text.</summary>
    private static string Text(PositionRange[] ranges) =>
        $"{{{string.Join(',', ranges.Select(r => string.Create(CultureInfo.InvariantCulture, $"[{r.From},{r.To}]")))}}}";

    /// <summary>Reads <see cref="Columns"/>, the first of which is this one.</summary>
    internal static EventRow Row(NpgsqlDataReader r, int first) => new(
        r.GetInt64(first), r.GetString(first + 1), r.GetString(first + 2), r.GetInt64(first + 3), r.GetString(first + 4),
        r.GetString(first + 5), r.GetString(first + 6), r.GetString(first + 7), r.GetFieldValue<DateTimeOffset>(first + 8),
        r.IsDBNull(first + 9) ? null : r.GetFieldValue<DateTimeOffset>(first + 9),
        Text(r, first + 10), Text(r, first + 11), Text(r, first + 12), Bytes(r, first + 13), Bytes(r, first + 14));

    private static string? Text(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);

    private static byte[]? Bytes(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetFieldValue<byte[]>(column);

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(value is byte[][]? new() { Value = value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea }
                : new() { Value = value });
        return command;
    }

    private static async Task<List<T>> ReadAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> row, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(row(reader));
        return rows;
    }
}

/// <summary>An event that <c>OnNextAsync</c> publishes.</summary>
internal sealed record OutgoingEvent(string Id, string Type, string Namespace, string Key, byte[] Payload);
