using Npgsql;
using NpgsqlTypes;
using SoonShop.Orleans.PostgreSql.Streams;
using static SoonShop.Orleans.PostgreSql.Storage.BatchStatement;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// Writes a batch with statements on its partitions, which are prepared once and sent together in one transaction. If one write has a
/// conflict, all of them fail, and the error does not tell which one it was.
/// </summary>
/// <param name="streamProvider">The stream provider whose queues receive the events; null for none.</param>
/// <param name="tables">The partitions of states.</param>
internal sealed class WriteStatements(string? streamProvider, StateTables tables)
{
    /// <summary>Marks the statements in <c>pg_stat_activity</c>.</summary>
    private const string Mark = "/* write_grain_states */ ";

    private const string EventColumns =
        "id, source, sequence, type, subject, stream_namespace, stream_key, time, not_before, correlation_id, causation_id, traceparent, "
            + "data, queue, due_at";

    private static readonly NpgsqlDbType[] EventTypes =
    [
        NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Bigint, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Text,
        NpgsqlDbType.Text, NpgsqlDbType.TimestampTz, NpgsqlDbType.TimestampTz, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Text,
        NpgsqlDbType.Jsonb, NpgsqlDbType.Integer,
    ];

    private readonly Dictionary<string, StateStatements> states = [];
    private readonly List<PendingWrite> chosen = [];
    private readonly List<(CommittedEvent Event, int Queue)> events = [];

    /// <summary>By table, in the order in which all silos insert.</summary>
    private readonly SortedDictionary<string, RowStatements> rows = new(StringComparer.Ordinal);

    // Only the difference comes from this machine's clock. The due time itself is computed with the database's clock.
    private readonly BatchStatement anEvent = new(
        $"{Mark}insert into event ({EventColumns}) values ({Numbers(EventTypes.Length)}, case when $9 > $8 then clock_timestamp() + ($9 - "
            + "$8) end)", EventTypes);

    private readonly BatchStatement manyEvents = new(
        $"""
        {Mark}insert into event ({EventColumns})
        select e.*, case when e.not_before > e.time then clock_timestamp() + (e.not_before - e.time) end
        from unnest({Numbers(EventTypes.Length)}) as e({EventColumns[..EventColumns.LastIndexOf(',')]})
        """, Arrays(EventTypes));

    // Runs after the events are inserted. From then on nobody can change the queues until the commit.
    private readonly BatchStatement queuesAreThese = new(
        $"{Mark}select 1 / coalesce(((select array_agg(queue order by number) from stream_place where provider = $1) = $2)::integer, 0)",
        NpgsqlDbType.Text, NpgsqlDbType.Array | NpgsqlDbType.Integer);

    /// <summary>The provider's queues by number; null when they are not read yet.</summary>
    private int[]? queues;

    /// <summary>Writes all or nothing. Returns the queues that have new events.</summary>
    /// <param name="connection">A connection with a <see cref="BatchConnection"/>'s settings.</param>
    /// <param name="timeout">How long the statements may take.</param>
    /// <param name="writes">The writes, ordered by key.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <exception cref="PostgresException">The database refuses one of them, perhaps because its version is not the current
    /// one.</exception>
    public async Task<int[]> WriteAsync(
        NpgsqlConnection connection, TimeSpan timeout, ReadOnlyMemory<PendingWrite> writes, CancellationToken cancellation)
    {
        if (!HaveEvents(writes.Span))
            return await SendAsync(connection, timeout, writes, cancellation);
        var used = queues ??= await QueuesAsync(connection, cancellation);
        try
        {
            return await SendAsync(connection, timeout, writes, cancellation);
        }
        catch (PostgresException e) when (MayBeConflict(e))
        {
            // Perhaps the provider's queues have changed since they were read.
            queues = await QueuesAsync(connection, cancellation);
            if (queues.AsSpan().SequenceEqual(used))
                throw;
            return await SendAsync(connection, timeout, writes, cancellation);
        }
    }

    /// <summary>
    /// True for the errors of a row that does not have the expected version, or that exists although the write is a first one. Other rows
    /// and a change of the queues cause them, too.
    /// </summary>
    public static bool MayBeConflict(PostgresException e) => e.SqlState == PostgresErrorCodes.DivisionByZero
        || (e.SqlState == PostgresErrorCodes.UniqueViolation && e.ConstraintName == $"{e.TableName}_pkey");

    private async Task<int[]> SendAsync(
        NpgsqlConnection connection, TimeSpan timeout, ReadOnlyMemory<PendingWrite> writes, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = (int)Math.Ceiling(timeout.TotalSeconds) };
        // All silos lock rows in the same order, so that no two transactions wait for each other.
        AddStates(batch, writes.Span, first: false);
        AddStates(batch, writes.Span, first: true);
        var raised = AddEvents(batch, writes.Span);
        AddRows(batch, writes.Span);
        await batch.PrepareAsync(cancellation);
        await batch.ExecuteNonQueryAsync(cancellation);
        return raised;
    }

    private static bool HaveEvents(ReadOnlySpan<PendingWrite> writes)
    {
        foreach (var write in writes)
        {
            if (write.Parts.Events.Count > 0)
                return true;
        }
        return false;
    }

    /// <exception cref="PostgresException">There is no such provider: the error of a foreign key.</exception>
    private async Task<int[]> QueuesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"{Mark}select coalesce(array_agg(q.queue order by q.number), '{{}}') from stream_provider p "
            + "join stream_place q on q.provider = p.name where p.name = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = streamProvider ?? "" });
        return await command.ExecuteScalarAsync(cancellation) is int[] { Length: > 0 } found ? found : throw new PostgresException(
            $"There is no stream provider named '{streamProvider}'. Name one of the table stream_provider in the storage's options.",
            "ERROR", "ERROR", PostgresErrorCodes.ForeignKeyViolation);
    }

    private void AddStates(NpgsqlBatch batch, ReadOnlySpan<PendingWrite> writes, bool first)
    {
        for (int start = 0, end; start < writes.Length; start = end)
        {
            var name = writes[start].Key.Name;
            for (end = start; end < writes.Length && writes[end].Key.Name == name; end++)
            {
                if (writes[end].Version == 0 == first)
                    chosen.Add(writes[end]);
            }
            if (chosen.Count == 0)
                continue;
            // State names without a partition share one set of statements.
            var table = tables.PartitionOf(name);
            if (!states.TryGetValue(table ?? "", out var statements))
                states.Add(table ?? "", statements = new StateStatements(table));
            statements.AddTo(batch, chosen, first);
            chosen.Clear();
        }
    }

    /// <summary>Adds the events. Returns the queues that have something to read after the commit.</summary>
    private int[] AddEvents(NpgsqlBatch batch, ReadOnlySpan<PendingWrite> writes)
    {
        events.Clear();
        HashSet<int>? raised = null;
        foreach (var write in writes)
        {
            for (var i = 0; i < write.Parts.Events.Count; i++)
            {
                var e = write.Parts.Events[i];
                var queue = queues![QueueMapper.NumberOf(e.StreamNamespace, e.StreamKey, queues.Length)];
                events.Add((e, queue));
                // A scheduled event is signalled when it is released.
                if (!(e.NotBefore > e.Time))
                    (raised ??= []).Add(queue);
            }
        }
        if (events.Count == 0)
            return [];
        if (events.Count <= Few)
        {
            foreach (var (e, queue) in events)
            {
                anEvent.AddTo(
                    batch, e.Id, e.Source, e.Sequence, e.Type, e.Subject, e.StreamNamespace, e.StreamKey, e.Time.UtcDateTime,
                    e.NotBefore?.UtcDateTime,
                    e.CorrelationId, e.CausationId, e.TraceParent, e.Data, queue);
            }
        }
        else
        {
            manyEvents.AddTo(
                batch, Column(events, e => e.Event.Id), Column(events, e => e.Event.Source), Column(events, e => e.Event.Sequence),
                Column(events, e => e.Event.Type), Column(events, e => e.Event.Subject), Column(events, e => e.Event.StreamNamespace),
                Column(events, e => e.Event.StreamKey), Column(events, e => e.Event.Time.UtcDateTime),
                Column(events, e => e.Event.NotBefore?.UtcDateTime), Column(events, e => e.Event.CorrelationId),
                Column(events, e => e.Event.CausationId), Column(events, e => e.Event.TraceParent),
                Column(events, e => e.Event.Data), Column(events, e => e.Queue));
        }
        queuesAreThese.AddTo(batch, streamProvider, queues);
        return raised is null ? [] : [.. raised];
    }

    private void AddRows(NpgsqlBatch batch, ReadOnlySpan<PendingWrite> writes)
    {
        foreach (var statements in rows.Values)
            statements.Clear();
        foreach (var write in writes)
        {
            for (var i = 0; i < write.Parts.Rows.Count; i++)
            {
                var row = write.Parts.Rows[i];
                if (!rows.TryGetValue(row.Table.Name, out var statements))
                    rows.Add(row.Table.Name, statements = row.Table.NewStatements(Mark));
                statements.Add(row.Row);
            }
        }
        foreach (var statements in rows.Values)
            statements.AddTo(batch);
    }

    /// <summary>The statements for one partition, or for all states without a partition of their own.</summary>
    private sealed class StateStatements
    {
        private readonly bool ofAll;
        private readonly BatchStatement update, insert;
        private readonly BatchStatement? manyUpdates, manyInserts;

        public StateStatements(string? partition)
        {
            ofAll = partition is null;
            var table = partition ?? StateTables.All;
            // If the row does not have this version, the statement divides by zero, which aborts the whole batch.
            update = new(
                $"""
                {Mark}with written as (
                  update {table} set state = $1, index = $2, version = version + 1, modified_at = now()
                  where state_name = $3 and grain_key = $4 and version = $5 returning 1)
                select 1 / count(*) from written
                """, NpgsqlDbType.Bytea, NpgsqlDbType.Jsonb, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Integer);
            insert = new(
                $"{Mark}insert into {table} (state, index, state_name, grain_key, version) values ($1, $2, $3, $4, 1)",
                NpgsqlDbType.Bytea, NpgsqlDbType.Jsonb, NpgsqlDbType.Text, NpgsqlDbType.Text);
            if (ofAll)
                return;
            // Each row is found by its whole key, whatever the statistics say. Those of a young table describe a nearly empty one, for
            // which the planner would read the whole partition, and it would keep that plan while the table grows.
            manyUpdates = new(
                $"""
                {Mark}with written as (
                  update {table} g set state = f.state, index = f.index, version = f.version + 1, modified_at = now()
                  from (
                    select w.*, r.place from unnest($1, $2, $4, $5) as w(state, index, key, version)
                    cross join lateral (select ctid as place from {table}
                        where state_name = $3 and grain_key = w.key offset 0) r offset 0) f
                  where g.ctid = f.place and g.version = f.version returning 1)
                select 1 / (count(*) = cardinality($4))::integer from written
                """, NpgsqlDbType.Array | NpgsqlDbType.Bytea, NpgsqlDbType.Array | NpgsqlDbType.Jsonb, NpgsqlDbType.Text,
                NpgsqlDbType.Array | NpgsqlDbType.Text, NpgsqlDbType.Array | NpgsqlDbType.Integer);
            manyInserts = new(
                $"""
                {Mark}insert into {table} (state, index, state_name, grain_key, version)
                select w.state, w.index, $3, w.key, 1 from unnest($1, $2, $4) as w(state, index, key)
                """, NpgsqlDbType.Array | NpgsqlDbType.Bytea, NpgsqlDbType.Array | NpgsqlDbType.Jsonb, NpgsqlDbType.Text,
                NpgsqlDbType.Array | NpgsqlDbType.Text);
        }

        /// <summary>Adds writes of one state name, which are either all first writes or all updates.</summary>
        public void AddTo(NpgsqlBatch batch, List<PendingWrite> writes, bool first)
        {
            if (ofAll || writes.Count <= Few)
            {
                foreach (var write in writes)
                {
                    if (first)
                        insert.AddTo(batch, write.Parts.State, write.Parts.Index, write.Key.Name, write.Key.Key);
                    else
                        update.AddTo(batch, write.Parts.State, write.Parts.Index, write.Key.Name, write.Key.Key, write.Version);
                }
                return;
            }
            var (states, indexes, keys) = (
                Column(writes, w => w.Parts.State), Column(writes, w => w.Parts.Index), Column(writes, w => w.Key.Key));
            if (first)
                manyInserts!.AddTo(batch, states, indexes, writes[0].Key.Name, keys);
            else
                manyUpdates!.AddTo(batch, states, indexes, writes[0].Key.Name, keys, Column(writes, w => w.Version));
        }
    }
}
