using Npgsql;

namespace SoonShop.Silo.Telemetry;

/// <summary>
/// Reads what PostgreSQL reports about itself, as far as the shop's role may read it. Each group is a query of its own, so that a missing
/// permission affects only its group.
/// </summary>
internal sealed record DatabaseMetricsSample(
    long SizeBytes, long Committed, long RolledBack, long BlocksCached, long BlocksRead, long Deadlocks, long TemporaryBytes,
    long RowsInserted, long RowsUpdated, long RowsDeleted, long RowsFetched, long MaxConnections, double OldestTransactionSeconds,
    long LocksWaiting, long WalBytes)
{
    /// <summary>The number of reported tables.</summary>
    private const int MaxTables = 30;

    /// <summary>States of connections, as metrics name them; any other state is <c>other</c>.</summary>
    public static readonly ImmutableArray<string> ConnectionStates = ["active", "idle", "idle_in_transaction", "other"];

    /// <summary>Checks whether the database responds, and nothing else.</summary>
    public static async Task AskAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select 1");
        await command.ExecuteScalarAsync(cancellation);
    }

    /// <summary>Reads the connections by state.</summary>
    public static async Task<IReadOnlyDictionary<string, long>> ReadConnectionsAsync(
        NpgsqlDataSource database, CancellationToken cancellation)
    {
        var connections = ConnectionStates.ToDictionary(s => s, _ => 0L);
        await using var command = database.CreateCommand(
            "select state, count(*) from pg_stat_activity where datname = current_database() group by state");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            connections[StateOf(reader.IsDBNull(0) ? null : reader.GetString(0))] += reader.GetInt64(1);
        return connections;
    }

    /// <summary>Reads the largest tables.</summary>
    public static async Task<IReadOnlyList<TableMetricsSample>> ReadTablesAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        var tables = new List<TableMetricsSample>();
        await using var command = database.CreateCommand($"""
            select t.relname::text, pg_total_relation_size(t.oid), coalesce(pg_stat_get_dead_tuples(t.oid), 0)
            from pg_class t where t.relkind = 'r' and t.relnamespace = 'public'::regnamespace order by 2 desc limit {MaxTables}
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            tables.Add(new TableMetricsSample(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2)));
        return tables;
    }

    /// <summary>Reads all single values.</summary>
    public static async Task<DatabaseMetricsSample> ReadAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var all = database.CreateCommand("""
            select pg_database_size(datname), xact_commit, xact_rollback, blks_hit, blks_read, deadlocks, temp_bytes, tup_inserted,
                   tup_updated, tup_deleted, tup_fetched, current_setting('max_connections')::bigint,
                   coalesce((select extract(epoch from clock_timestamp() - min(a.xact_start)) from pg_stat_activity a
                             where a.datname = d.datname and a.pid <> pg_backend_pid() and a.backend_type = 'client backend'),
                                 0)::double precision,
                   (select count(*) from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datid = d.datid),
                   (select wal_bytes::bigint from pg_stat_wal)
            from pg_stat_database d where datname = current_database()
            """);
        await using var one = await all.ExecuteReaderAsync(cancellation);
        await one.ReadAsync(cancellation);
        return new DatabaseMetricsSample(
            one.GetInt64(0), one.GetInt64(1), one.GetInt64(2), one.GetInt64(3), one.GetInt64(4), one.GetInt64(5), one.GetInt64(6),
            one.GetInt64(7), one.GetInt64(8), one.GetInt64(9), one.GetInt64(10), one.GetInt64(11), Math.Max(0, one.GetDouble(12)),
            one.GetInt64(13), one.GetInt64(14));
    }

    private static string StateOf(string? state) => state switch
    {
        "active" or "idle" => state,
        "idle in transaction" or "idle in transaction (aborted)" => "idle_in_transaction",
        _ => "other",
    };
}

/// <summary>A table with its indexes.</summary>
internal sealed record TableMetricsSample(string Name, long Bytes, long DeadRows);
