using System.Data;
using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Events;
using SoonShop.Silo.Payments;

namespace SoonShop.Silo.Integrity;

/// <summary>
/// Checks every promise of the shop over its whole database, while the shop sells: all queries read one snapshot, and what is
/// still under way is told apart by who will come back to it, not by its age. It changes no row of the shop's. On the server it takes one
/// connection, for a moment a second one, 16 MB for each of a query's sorts and hashes, and temporary disk space of about the size of the states. As long as it lasts, old versions of rows stay, and
/// nothing can alter a table: a migration ends it. Its transaction has an id, because it fills temporary tables; those who wait for older
/// transactions to end are told not to wait for it (<c>audit_transaction</c>).
/// </summary>
/// <param name="provider">Who moves the money, where no silo has written it down: of the simulated provider, the books stand in the same database.</param>
/// <param name="retentionDays">For how long every event is kept, where no silo has written it down.</param>
/// <param name="handlers">The event handlers of this version.</param>
/// <param name="options">Limits.</param>
internal sealed class IntegrityAudit(PaymentProviderKind provider, int retentionDays, string[] handlers, AuditOptions options)
{
    /// <summary>The name of its connections at the server.</summary>
    public const string ApplicationName = "soonshop-audit";

    /// <summary>Of a silo's or command's configuration.</summary>
    public static IntegrityAudit Of(SiloConfiguration configuration)
    {
        var types = new EventTypes(EventTypes.Assemblies());
        return new IntegrityAudit(
            configuration.Payments.Provider, RetentionOf(configuration),
            [.. new EventHandlers(EventTypes.Assemblies(), types).All.Select(h => h.Name)], configuration.Audit);
    }

    /// <summary>For how many days every event and act is kept.</summary>
    public static int RetentionOf(SiloConfiguration configuration) => Math.Min(configuration.Events.RetentionDays, configuration.Events.AuditRetentionDays);

    /// <summary>Audits the database that a connection string names, on a connection of its own.</summary>
    /// <exception cref="AuditOverdueException">It took longer than it may.</exception>
    /// <exception cref="SchemaMismatchException">The schema is not this version's.</exception>
    /// <exception cref="AuditImpossibleException">What is there cannot be read.</exception>
    public Task<IntegrityReport> RunAsync(string connectionString, CancellationToken cancellation) => RunAsync(connectionString, IntegrityCheck.All, cancellation);

    /// <summary>Makes some of the checks.</summary>
    public async Task<IntegrityReport> RunAsync(string connectionString, IEnumerable<IntegrityCheck> checks, CancellationToken cancellation)
    {
        var own = new NpgsqlConnectionStringBuilder(connectionString)
        {
            // What is temporary goes with the connection.
            Pooling = false,
            ApplicationName = ApplicationName,
            CommandTimeout = options.StatementSeconds + 5,
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromMinutes(options.MaxMinutes));
        try
        {
            // A source that ends with the audit: metrics would tell of another for ever, by its connection string.
            await using var database = NpgsqlDataSource.Create(own);
            await using var connection = await database.OpenConnectionAsync(limit.Token);
            // Should this process hang, the server gives up the snapshot for it. The memory is for each step of a query, of which some have ten.
            await ExecuteAsync(connection, $"""
                set statement_timeout = '{options.StatementSeconds}s'; set lock_timeout = '10s'; set idle_in_transaction_session_timeout = '60s';
                set jit = off; set max_parallel_workers_per_gather = 0; set work_mem = '16MB'; set hash_mem_multiplier = 1
                """, limit.Token);
            var of = await SettingAsync(connection, limit.Token);
            await CreateTablesAsync(connection, of, of.Money, atRest: false, limit.Token);
            await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, limit.Token);
            // Temporary tables can still be filled.
            await ExecuteAsync(connection, "set transaction read only", limit.Token);
            await AnnounceAsync(connection, database, limit.Token);
            return await AuditAsync(connection, of, of.Money, [], atRest: false, checks, limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } && !cancellation.IsCancellationRequested)
        {
            throw new AuditOverdueException(
                $"It took longer than Audit:StatementSeconds ({options.StatementSeconds}) for one query, or Audit:MaxMinutes ({options.MaxMinutes}) in all. Give it more, or run it on a restored backup.", e);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.AdminShutdown && !cancellation.IsCancellationRequested)
        {
            throw new AuditOverdueException("The server ended it, for a migration or because it stops. Try again.", e);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction)
        {
            throw new SchemaMismatchException($"The schema is not this version's ({e.MessageText}). Run 'Silo migrate' first, or the audit of the version that runs.", e);
        }
    }

    /// <summary>Runs checks on a connection whose transaction sees what is to be audited; tests plant breaches in it.</summary>
    /// <param name="connection">With a transaction open.</param>
    /// <param name="taken">What a payment provider that keeps its books elsewhere has taken; null where that is not known.</param>
    /// <param name="atRest">True where nothing is excused by being under way.</param>
    /// <param name="checks">Which.</param>
    /// <param name="cancellation">Cancels.</param>
    internal async Task<IntegrityReport> RunAsync(
        NpgsqlConnection connection, IReadOnlyList<TakenMoney>? taken, bool atRest, IEnumerable<IntegrityCheck> checks, CancellationToken cancellation)
    {
        var of = new Setting(provider, retentionDays);
        var money = taken is null ? of.Money : TakenMoney.Sql;
        NpgsqlParameter[] values = taken is null ? [] : TakenMoney.Parameters(taken);
        await CreateTablesAsync(connection, of, taken is null ? money : "select ''::text as id, ''::text as reference, 0::bigint as amount, 0::bigint as refunded", atRest, cancellation);
        return await AuditAsync(connection, of, money, values, atRest, checks, cancellation);
    }

    /// <summary>What the silos run with, which who audits by hand need not know.</summary>
    private async Task<Setting> SettingAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        (await ReadAsync(
            connection, "select provider, retention_days from integrity_audit where provider is not null and retention_days is not null",
            r => Enum.TryParse<PaymentProviderKind>(r.GetString(0), out var kind) ? new Setting(kind, r.GetInt32(1)) : null, [], cancellation))
        .FirstOrDefault() ?? new Setting(provider, retentionDays);

    /// <summary>Tells who waits for older transactions to end that this one changes nothing. Forgets those that are over.</summary>
    internal static async Task AnnounceAsync(NpgsqlConnection audit, NpgsqlDataSource database, CancellationToken cancellation)
    {
        // The first query: it takes the snapshot, too.
        var id = (await ReadAsync(audit, "select pg_current_xact_id()::text", r => r.GetString(0), [], cancellation))[0];
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            // The audit's own connection is idle meanwhile, and may be so for a minute.
            await ExecuteAsync(connection, "set lock_timeout = '5s'; set statement_timeout = '10s'", cancellation);
            await ExecuteAsync(connection, """
                delete from audit_transaction where server <> pg_postmaster_start_time() or id < pg_snapshot_xmin(pg_current_snapshot())
                """, cancellation);
            await ExecuteAsync(connection, $"insert into audit_transaction (id) values ('{id}') on conflict (id) do update set server = excluded.server", cancellation);
        }
        catch (NpgsqlException) when (!cancellation.IsCancellationRequested)
        {
            // A role that may only read audits, too, and where no connection is left; then queues' memories grow while it does.
        }
    }

    private static async Task CreateTablesAsync(NpgsqlConnection connection, Setting of, string money, bool atRest, CancellationToken cancellation)
    {
        await ExecuteAsync(connection, IntegrityFacts.Functions, cancellation);
        foreach (var (name, sql) in IntegrityFacts.Views)
            await ExecuteAsync(connection, $"create temporary view {name} as {sql}", cancellation);
        foreach (var (name, sql) in IntegrityFacts.Tables(money, of.RetentionDays, atRest))
            await ExecuteAsync(connection, $"create temporary table {name} as {sql} with no data", cancellation);
    }

    private async Task<IntegrityReport> AuditAsync(
        NpgsqlConnection connection, Setting of, string money, NpgsqlParameter[] moneyValues, bool atRest, IEnumerable<IntegrityCheck> checks, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        // The first query takes the snapshot.
        var at = (await ReadAsync(connection, "select clock_timestamp()", r => r.GetFieldValue<DateTimeOffset>(0), [], cancellation))[0];
        foreach (var (name, sql) in IntegrityFacts.Tables(money, of.RetentionDays, atRest))
        {
            try
            {
                await ExecuteAsync(connection, $"insert into pg_temp.{name} {sql}", cancellation, name == "money" ? moneyValues : []);
            }
            catch (PostgresException e) when (IsData(e))
            {
                throw new AuditImpossibleException($"A row that belongs to '{name}' cannot be read ({e.MessageText}). Restore it from a backup; nothing is known of the others.", e);
            }
            await ExecuteAsync(connection, $"analyze pg_temp.{name}", cancellation);
        }
        var hasBooks = moneyValues.Length > 0 || of.Provider == PaymentProviderKind.Simulated;
        var results = ImmutableArray.CreateBuilder<CheckResult>();
        foreach (var check in checks.Where(c => hasBooks || c.Name != PaymentChecks.ProviderAgrees))
            results.Add(await CheckAsync(connection, check, cancellation));
        var extent = await ReadAsync(connection, IntegrityFacts.Extent, r => new Extent(r.GetString(0), r.GetInt64(1)), [], cancellation);
        var underWay = await ReadAsync(
            connection, IntegrityFacts.UnderWay, r => new Progress(r.GetString(0), r.GetInt64(1), r.IsDBNull(2) ? null : r.GetFieldValue<DateTimeOffset>(2)), [], cancellation);
        var compared = hasBooks
            ? "Payments were compared with the provider's books."
            : $"{PaymentChecks.ProviderAgrees} is not checked here: with the provider's books, payments are compared by reconciliation; what it could not settle counts.";
        return new IntegrityReport(
            at, Math.Round(clock.Elapsed.TotalSeconds, 1), $"{connection.Host}:{connection.Port}/{connection.Database}", compared,
            results.Sum(r => r.Breaches), [.. extent], [.. underWay], results.ToImmutable());
    }

    private async Task<CheckResult> CheckAsync(NpgsqlConnection connection, IntegrityCheck check, CancellationToken cancellation)
    {
        await ExecuteAsync(connection, "savepoint before_check", cancellation);
        CheckResult result;
        try
        {
            result = await FindAsync(connection, check, cancellation);
        }
        catch (PostgresException e) when (IsData(e))
        {
            // One value of the wrong kind must not hide what the others say.
            await ExecuteAsync(connection, "rollback to savepoint before_check", cancellation);
            result = new CheckResult(
                check.Name, Promises.NameOf(check.Promise), check.Says, 1, [new BrokenRow("this check", $"could not be made: {e.MessageText}")],
                "A row has a value of a kind that the shop does not write. Find and restore it from a backup, then audit again.");
        }
        await ExecuteAsync(connection, "release savepoint before_check", cancellation);
        return result;
    }

    private static bool IsData(PostgresException e) => e.SqlState.StartsWith("22", StringComparison.Ordinal);

    private async Task<CheckResult> FindAsync(NpgsqlConnection connection, IntegrityCheck check, CancellationToken cancellation)
    {
        var total = 0L;
        var rows = await ReadAsync(
            connection, $"select \"row\", finding, count(*) over () from ({check.Sql}) as breach(\"row\", finding) order by 1, 2 limit {options.MaxRows}",
            r =>
            {
                total = r.GetInt64(2);
                return new BrokenRow(r.GetString(0), r.GetString(1));
            },
            check.TakesHandlers ? [new NpgsqlParameter { Value = handlers }] : [], cancellation);
        return new CheckResult(check.Name, Promises.NameOf(check.Promise), check.Says, total, [.. rows], rows.Count > 0 ? check.Remedy : null);
    }

    /// <summary>What an audit depends on besides the database.</summary>
    private sealed record Setting(PaymentProviderKind Provider, int RetentionDays)
    {
        public string Money => Provider == PaymentProviderKind.Simulated ? IntegrityFacts.SimulatedMoney : IntegrityFacts.OwnMoney;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation, params NpgsqlParameter[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(value.Clone());
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<List<T>> ReadAsync<T>(
        NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, NpgsqlParameter[] values, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(values);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(read(reader));
        return rows;
    }
}

/// <summary>Money that a payment provider has taken for an order, and given back of it; minor units.</summary>
internal sealed record TakenMoney(Guid Order, string Reference, long Amount, long Refunded)
{
    public const string Sql = "select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) as m(id, reference, amount, refunded)";

    public static NpgsqlParameter[] Parameters(IReadOnlyList<TakenMoney> taken) =>
    [
        new() { Value = taken.Select(m => m.Order.ToString("N")).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        new() { Value = taken.Select(m => m.Reference).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        new() { Value = taken.Select(m => m.Amount).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
        new() { Value = taken.Select(m => m.Refunded).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
    ];
}

/// <summary>An audit took longer than it may.</summary>
internal sealed class AuditOverdueException(string message, Exception inner) : Exception(message, inner);

/// <summary>What is in the database cannot be audited.</summary>
internal sealed class AuditImpossibleException(string message, Exception inner) : Exception(message, inner);

/// <summary>The database has another version's schema.</summary>
internal sealed class SchemaMismatchException(string message, Exception? inner = null) : Exception(message, inner);
