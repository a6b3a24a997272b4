using Npgsql;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>
/// Reads the database's counters as its superuser, in one transaction that stays open: so none of its own commits is counted, and its
/// statements are those of another role. It holds no snapshot between statements, and is in nobody's way. Not for use by two at once.
/// </summary>
internal sealed class DatabaseProbe : IAsyncDisposable
{
    /// <summary>Longer than a connection that is idle waits before it adds its counts to the server's (10 s).</summary>
    public static readonly TimeSpan StatisticsDelay = TimeSpan.FromSeconds(11);

    private readonly string address;
    private readonly NpgsqlConnection connection;
    private NpgsqlTransaction transaction = null!;
    private string? lastLsn;
    private double pageImages;

    private DatabaseProbe(string address) => (this.address, connection) = (address, new NpgsqlConnection(address));

    /// <summary>The server's first process, which has started all others.</summary>
    public int Postmaster { get; private set; }

    /// <summary>This connection's own process.</summary>
    public int Own => connection.ProcessID;

    /// <summary>Loads what counts statements, and the reader of the write-ahead log, where they are to be had; and connects.</summary>
    public static async Task<DatabaseProbe> OpenAsync(PostgresServer server)
    {
        var address = new NpgsqlConnectionStringBuilder(server.AdministratorConnectionString) { Database = "soonshop" }.ConnectionString;
        if (await HasExtensionAsync(address, "pg_stat_statements"))
        {
            await ExecuteAsync(address, "alter system set shared_preload_libraries = 'pg_stat_statements'");
            await server.RestartAsync("fast");
            // Also what functions run inside of a statement.
            await ExecuteAsync(
                address,
                "alter system set pg_stat_statements.track = 'all'", "select pg_reload_conf()", "create extension pg_stat_statements");
        }
        if (await HasExtensionAsync(address, "pg_walinspect"))
            await ExecuteAsync(address, "create extension pg_walinspect");
        var probe = new DatabaseProbe(address);
        await probe.connection.OpenAsync();
        await probe.BeginAsync();
        probe.Postmaster = ProcessorTime.ParentOf(probe.Own);
        return probe;
    }

    /// <summary>
    /// Events that wait for their handlers or are due within a minute, and deliveries that are tried again; null where this cannot be
    /// asked.
    /// </summary>
    public async Task<long?> BacklogAsync() => (await ReadAsync("""
        select (select count(*) from event where due_at < clock_timestamp() + interval '1 minute')
             + (select coalesce(sum(depth), 0) from stream_lag)
             + (select count(*) from event_delivery where status = 'waiting')
        """, row => Convert.ToInt64(row.GetValue(0)))) is [var backlog] ? backlog : null;

    /// <summary>What is counted at once: bytes of the write-ahead log, and statements by text.</summary>
    public async Task<Reading> ReadNowAsync()
    {
        var values = new Dictionary<string, double>();
        foreach (var (lsn, bytes) in await ReadAsync(
            "select pg_current_wal_flush_lsn()::text, pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::float8",
            row => (row.GetString(0), row.GetDouble(1))))
        {
            values["WAL"] = bytes;
            if (await PageImagesAsync(lsn) is { } images)
                values["WAL page images"] = images;
        }
        return new Reading(values);
    }

    /// <summary>
    /// What connections count for themselves first, and add to the server's counts when they have been idle for <see
    /// cref="StatisticsDelay"/>.
    /// </summary>
    public async Task<Reading> ReadLateAsync()
    {
        var values = new Dictionary<string, double>();
        foreach (var commits in await FirstOfAsync("select xact_commit::float8 from pg_stat_database where datname = current_database()"))
            values["commits"] = commits;
        foreach (var syncs in await FirstOfAsync(
            "select wal_sync::float8 from pg_stat_wal", "select sum(fsyncs)::float8 from pg_stat_io where object = 'wal'"))
            values["fsyncs"] = syncs;
        foreach (var (table, inserted, updated, hot, deleted) in await ReadAsync(
            "select relname::text, n_tup_ins::float8, n_tup_upd::float8, n_tup_hot_upd::float8, n_tup_del::float8 from pg_stat_user_tables",
            row => (row.GetString(0), row.GetDouble(1), row.GetDouble(2), row.GetDouble(3), row.GetDouble(4))))
        {
            values[$"rows: {table} inserted"] = inserted;
            values[$"rows: {table} updated"] = updated;
            values[$"rows: {table} updated in place"] = hot;
            values[$"rows: {table} deleted"] = deleted;
        }
        return new Reading(values);
    }

    /// <summary>What the shop's role has asked for so far, by statement.</summary>
    public async Task<Statements> StatementsAsync() => new(await ReadAsync("""
        select queryid, toplevel, query, calls::float8, total_exec_time, rows::float8 from pg_stat_statements
        where userid = (select oid from pg_roles where rolname = 'soonshop')
        """,
        row => new Statement(
            (row.GetInt64(0), row.GetBoolean(1)), row.GetString(2), row.GetDouble(3), row.GetDouble(4), row.GetDouble(5))));

    /// <summary>The position of the last event.</summary>
    public async Task<long> LastEventAsync() =>
        (await ReadAsync("select coalesce(max(position), 0) from event", row => row.GetInt64(0))).FirstOrDefault();

    /// <summary>How many streams had events behind that position.</summary>
    public async Task<double> StreamsSinceAsync(long position) =>
        await FirstOfAsync(
            $"select count(distinct (stream_namespace, stream_key))::float8 from event where position > {position}") is [var streams]
            ? streams
            : double.NaN;

    /// <summary>The cart from which an order came.</summary>
    public async Task<Guid> CartOfAsync(Guid order)
    {
        var query = $"select (index ->> 'cartId')::uuid from grain_state where state_name = 'order' and grain_key = '{order:N}'";
        return (await ReadAsync(query, row => row.GetGuid(0))).Single();
    }

    /// <summary>Runs statements that fill the database, outside of the transaction.</summary>
    public Task FillAsync(params string[] statements) => ExecuteAsync(address, statements);

    public async ValueTask DisposeAsync() => await connection.DisposeAsync();

    /// <summary>Bytes of whole pages in the log, from the first call on.</summary>
    private async Task<double?> PageImagesAsync(string lsn)
    {
        if (lastLsn is not null)
        {
            if (await FirstOfAsync(
                $"select coalesce(sum(fpi_size), 0)::float8 from pg_get_wal_stats('{lastLsn}', '{lsn}')") is not [var more])
                return null;
            pageImages += more;
        }
        lastLsn = lsn;
        return pageImages;
    }

    private async Task<List<double>> FirstOfAsync(params string[] queries)
    {
        foreach (var query in queries)
        {
            if (await ReadAsync(query, row => row.GetDouble(0)) is { Count: > 0 } rows)
                return rows;
        }
        return [];
    }

    /// <summary>Empty where the server, or the schema of this version, has no such thing.</summary>
    private async Task<List<T>> ReadAsync<T>(string query, Func<NpgsqlDataReader, T> read)
    {
        var rows = new List<T>();
        try
        {
            await using var command = new NpgsqlCommand(query, connection, transaction) { CommandTimeout = 120 };
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                rows.Add(read(reader));
        }
        catch (PostgresException)
        {
            await transaction.DisposeAsync();
            await BeginAsync();
            return [];
        }
        return rows;
    }

    private async Task BeginAsync()
    {
        transaction = await connection.BeginTransactionAsync();
        // Counters are read anew by each statement.
        await using var command = new NpgsqlCommand("set local stats_fetch_consistency = none", connection, transaction);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<bool> HasExtensionAsync(string address, string name)
    {
        await using var source = NpgsqlDataSource.Create(address);
        await using var command = source.CreateCommand($"select exists (select from pg_available_extensions where name = '{name}')");
        return await command.ExecuteScalarAsync() is true;
    }

    private static async Task ExecuteAsync(string address, params string[] statements)
    {
        await using var source = NpgsqlDataSource.Create(address);
        foreach (var statement in statements)
        {
            await using var command = source.CreateCommand(statement);
            command.CommandTimeout = 3600;
            await command.ExecuteNonQueryAsync();
        }
    }
}
