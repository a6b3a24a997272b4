using System.Data;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Events;
using SoonShop.Silo.Payments;

namespace SoonShop.Silo.Integrity;

/// <summary>
/// Checks every promise of the shop over its whole database, while the shop sells: all queries read one snapshot, and what is
/// still under way is told apart by who will come back to it, not by its age. It changes no row of the shop's. On the server it takes one
/// connection, for a moment a second one, 16 MB for each of a query's sorts and hashes, and temporary disk space of about the size of the
/// states. As long as it lasts, old versions of rows stay, and nothing can alter a table: a migration ends it. Its transaction has an id,
/// because it fills temporary tables; those who wait for older transactions to end are told not to wait for it (<c>audit_transaction</c>).
/// Each check has a time limit of its own, and fails alone.
/// </summary>
/// <param name="payments">The payment settings. Their provider counts unless a silo has recorded another one in the database.</param>
/// <param name="retentionDays">For how long every event is kept, where no silo has written it down.</param>
/// <param name="handlers">The event handlers of this version.</param>
/// <param name="options">Limits.</param>
internal sealed partial class IntegrityChecker(PaymentsOptions payments, int retentionDays, string[] handlers, IntegrityOptions options)
{
    /// <summary>The name of its connections at the server.</summary>
    public const string ApplicationName = "soonshop-audit";

    /// <summary>How long a check may run on after <c>Integrity:MaxMinutes</c>, to end.</summary>
    public static readonly TimeSpan Overrun = TimeSpan.FromSeconds(30);

    /// <summary>Of a silo's or command's configuration.</summary>
    public static IntegrityChecker Of(SiloConfiguration configuration)
    {
        var types = new EventTypes(EventTypes.Assemblies());
        return new IntegrityChecker(
            configuration.Payments, RetentionOf(configuration),
            [.. new EventHandlers(EventTypes.Assemblies(), types).All.Select(h => h.Name)], configuration.Integrity);
    }

    /// <summary>For how many days every event and act is kept.</summary>
    public static int RetentionOf(SiloConfiguration configuration) =>
        Math.Min(configuration.Events.RetentionDays, configuration.Events.AuditRetentionDays);

    /// <summary>Checks the database that a connection string names, on a connection of its own.</summary>
    /// <exception cref="IntegrityCheckOverdueException">It took longer than it may, and not one check could be made.</exception>
    /// <exception cref="IntegrityCheckInterruptedException">The server ended it.</exception>
    /// <exception cref="SchemaMismatchException">The schema is not this version's.</exception>
    public Task<IntegrityReport> RunAsync(string connectionString, CancellationToken cancellation) =>
        RunAsync(connectionString, IntegrityCheck.All, cancellation);

    /// <summary>Makes some of the checks.</summary>
    public async Task<IntegrityReport> RunAsync(string connectionString, IEnumerable<IntegrityCheck> checks, CancellationToken cancellation)
    {
        var own = new NpgsqlConnectionStringBuilder(connectionString)
        {
            // What is temporary goes with the connection.
            Pooling = false,
            ApplicationName = ApplicationName,
            // The server keeps each query's limit, and the token below that of all.
            CommandTimeout = 0,
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromMinutes(options.MaxMinutes) + Overrun);
        try
        {
            // The data source ends with the check: its metrics, labelled with its connection string, would stay for ever.
            await using var database = NpgsqlDataSource.Create(own);
            await using var connection = await database.OpenConnectionAsync(limit.Token);
            // Should this process hang, the server gives up the snapshot for it. The memory is for each step of a query, of which some have
            // ten.
            await ExecuteAsync(connection, $"""
                set statement_timeout = '{options.StatementSeconds}s'; set lock_timeout = '10s';
                set idle_in_transaction_session_timeout = '60s';
                set jit = off; set max_parallel_workers_per_gather = 0; set work_mem = '16MB'; set hash_mem_multiplier = 1
                """, limit.Token);
            var of = await SettingAsync(connection, limit.Token);
            await CreateTablesAsync(connection, of, of.Money, atRest: false, limit.Token);
            await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, limit.Token);
            // Temporary tables can still be filled.
            await ExecuteAsync(connection, "set transaction read only", limit.Token);
            await AnnounceAsync(connection, database, limit.Token);
            return await RunChecksAsync(connection, of, of.Money, [], atRest: false, checks, limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled }
            && !cancellation.IsCancellationRequested)
        {
            throw new IntegrityCheckOverdueException(
                $"It took longer than Integrity:StatementSeconds ({options.StatementSeconds}) for one query, or Integrity:MaxMinutes "
                    + $"({options.MaxMinutes}) in all. Give it more, or run it on a restored backup.", e);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.LockNotAvailable
            && !cancellation.IsCancellationRequested)
        {
            throw new IntegrityCheckInterruptedException(
                $"The server ended it, for a migration or because it stops, or somebody holds a table ({e.MessageText}). Try again.", e);
        }
        catch (PostgresException e) when (IsOfSchema(e))
        {
            throw new SchemaMismatchException(
                $"The schema is not this version's ({e.MessageText}). Run 'Silo migrate' first, or the check of the version that runs.", e);
        }
    }

    /// <summary>Runs checks on a connection whose transaction sees what is to be checked; tests plant breaches in it.</summary>
    /// <param name="connection">With a transaction open.</param>
    /// <param name="taken">What a payment provider that keeps its books elsewhere has taken; null where that is not known.</param>
    /// <param name="atRest">True where nothing is excused by being under way.</param>
    /// <param name="checks">Which.</param>
    /// <param name="cancellation">Cancels.</param>
    internal async Task<IntegrityReport> RunAsync(
        NpgsqlConnection connection, IReadOnlyList<TakenMoney>? taken, bool atRest, IEnumerable<IntegrityCheck> checks,
        CancellationToken cancellation)
    {
        var of = new Setting(payments.Module, retentionDays);
        var money = taken is null ? of.Money : TakenMoney.Sql;
        NpgsqlParameter[] values = taken is null ? [] : TakenMoney.Parameters(taken);
        await CreateTablesAsync(
            connection,
            of,
            taken is null ? money : "select ''::text as id, ''::text as reference, 0::bigint as amount, 0::bigint as refunded",
            atRest,
            cancellation);
        return await RunChecksAsync(connection, of, money, values, atRest, checks, cancellation);
    }

    /// <summary>The settings of the silos, which whoever runs the check by hand need not know.</summary>
    private async Task<Setting> SettingAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        (await ReadAsync(
            connection, "select provider, retention_days from integrity_audit where provider is not null and retention_days is not null",
            r => payments.Providers.Find(r.GetString(0)) is { } provider ? new Setting(provider, r.GetInt32(1)) : null, [], cancellation))
        .FirstOrDefault() ?? new Setting(payments.Module, retentionDays);

    /// <summary>Tells who waits for older transactions to end that this one changes nothing. Forgets those that are over.</summary>
    internal static async Task AnnounceAsync(NpgsqlConnection snapshot, NpgsqlDataSource database, CancellationToken cancellation)
    {
        // The first query: it takes the snapshot, too.
        var id = (await ReadAsync(snapshot, "select pg_current_xact_id()::text", r => r.GetString(0), [], cancellation))[0];
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            // The check's own connection is idle meanwhile, and may be so for a minute.
            await ExecuteAsync(connection, "set lock_timeout = '5s'; set statement_timeout = '10s'", cancellation);
            await ExecuteAsync(connection, """
                delete from audit_transaction where server <> pg_postmaster_start_time() or id < pg_snapshot_xmin(pg_current_snapshot())
                """, cancellation);
            await ExecuteAsync(
                connection, $"insert into audit_transaction (id) values ('{id}') on conflict (id) do update set server = excluded.server",
                cancellation);
        }
        catch (NpgsqlException) when (!cancellation.IsCancellationRequested)
        {
            // A role that may only read can check too, and so can a run that gets no second connection; the memory of queues then grows
            // meanwhile.
        }
    }

    private static async Task CreateTablesAsync(
        NpgsqlConnection connection, Setting of, string money, bool atRest, CancellationToken cancellation)
    {
        await ExecuteAsync(connection, IntegrityFacts.Functions, cancellation);
        foreach (var (name, sql) in IntegrityFacts.Views)
            await ExecuteAsync(connection, $"create temporary view {name} as {sql}", cancellation);
        foreach (var (name, sql) in IntegrityFacts.Tables(money, of.RetentionDays, atRest))
            await ExecuteAsync(connection, $"create temporary table {name} as {sql} with no data", cancellation);
    }

    private async Task<IntegrityReport> RunChecksAsync(
        NpgsqlConnection connection, Setting of, string money, NpgsqlParameter[] moneyValues, bool atRest,
        IEnumerable<IntegrityCheck> checks, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        // The first query takes the snapshot.
        var at = (await ReadAsync(connection, "select clock_timestamp()", r => r.GetFieldValue<DateTimeOffset>(0), [], cancellation))[0];
        // Whatever the planner believes of a table, two of them are hashed or sorted, never looked through once for each row of the other.
        await ExecuteAsync(connection, "set local enable_nestloop = off", cancellation);
        var facts = new Facts();
        foreach (var (name, sql) in IntegrityFacts.Tables(money, of.RetentionDays, atRest))
        {
            if (facts.Missing(sql) is { } missing)
            {
                facts.Lost(name, missing);
                continue;
            }
            var values = name == "money" ? moneyValues : [];
            // At most half of what is left: one that is slow leaves time for the checks that do without it.
            TimeSpan Limit() => TimeSpan.FromSeconds(Math.Max(options.StatementSeconds, Left(clock).TotalSeconds / 2));
            var error = name == "state"
                ? await TryAsync(
                    connection, clock, Limit(), () => FillAsync(connection, name, IntegrityFacts.ReadableState, values, cancellation),
                    cancellation)
                : null;
            if (name != "state" || error is { IsOverdue: false })
                error = await TryAsync(
                    connection, clock, Limit(), () => FillAsync(connection, name, sql, values, cancellation), cancellation);
            if (error is not null)
                facts.Lost(name, error with { Message = $"what it looks at ('{name}') could not be read: {error.Message}" });
        }
        var hasBooks = moneyValues.Length > 0 || of.Provider.CapturedSql is not null;
        var results = ImmutableArray.CreateBuilder<CheckResult>();
        foreach (var check in checks.Where(c => hasBooks || c.Name != PaymentChecks.ProviderAgrees))
            results.Add(await CheckAsync(connection, check, facts, clock, cancellation));
        if (results is [{ Error: { } why }, ..] && results.All(r => r.Error is not null))
            throw new IntegrityCheckOverdueException($"Not one check could be made: {why}");
        var extent = new List<Extent>();
        foreach (var (what, sql) in IntegrityFacts.Extent)
            await CountAsync(what, sql, r => extent.Add(new Extent(what, r.GetInt64(0))));
        var underWay = new List<Progress>();
        foreach (var (what, sql) in IntegrityFacts.UnderWay)
            await CountAsync(
                what, sql, r => underWay.Add(new Progress(what, r.GetInt64(0), r.IsDBNull(1) ? null : r.GetFieldValue<DateTimeOffset>(1))));
        var compared = hasBooks
            ? "Payments were compared with the provider's books."
            : $"{PaymentChecks.ProviderAgrees} is not checked here: with the provider's books, payments are compared by reconciliation; "
                + "what it could not settle counts.";
        return new IntegrityReport(
            at, Math.Round(clock.Elapsed.TotalSeconds, 1), $"{connection.Host}:{connection.Port}/{connection.Database}", compared,
            results.Sum(r => r.Breaches), [.. extent], [.. underWay], results.ToImmutable());

        // What cannot be counted is left out: it decides nothing.
        async Task CountAsync(string what, string sql, Action<NpgsqlDataReader> add)
        {
            if (facts.Missing(sql) is null)
            {
                await TryAsync(connection, clock, TimeSpan.FromSeconds(options.StatementSeconds), () => ReadAsync(connection, sql, r =>
                {
                    add(r);
                    return what;
                }, [], cancellation), cancellation);
            }
        }
    }

    /// <summary>Fills a table, and tells the planner what is in it; of JSON there is nothing to tell.</summary>
    private static async Task FillAsync(
        NpgsqlConnection connection, string name, string sql, NpgsqlParameter[] values, CancellationToken cancellation)
    {
        await ExecuteAsync(connection, $"insert into pg_temp.{name} {sql}", cancellation, values);
        var columns = await ReadAsync(connection, $"""
            select quote_ident(attname) from pg_attribute where attrelid = 'pg_temp.{name}'::regclass and attnum > 0
                and atttypid not in ('jsonb'::regtype, 'text[]'::regtype)
            """, r => r.GetString(0), [], cancellation);
        await ExecuteAsync(connection, $"analyze pg_temp.{name} ({string.Join(", ", columns)})", cancellation);
    }

    private TimeSpan Left(Stopwatch clock) => TimeSpan.FromMinutes(options.MaxMinutes) - clock.Elapsed;

    /// <summary>Takes a step within a limit. When it fails, all that it did is undone, and the transaction goes on; answers why.</summary>
    private async Task<StepError?> TryAsync(
        NpgsqlConnection connection, Stopwatch clock, TimeSpan limit, Func<Task> step, CancellationToken cancellation)
    {
        var (left, isLast) = (Left(clock), false);
        if (left <= TimeSpan.Zero)
            return new StepError($"the time of the whole check was over (Integrity:MaxMinutes is {options.MaxMinutes})")
            { IsOverdue = true };
        if (left < limit)
            (limit, isLast) = (left, true);
        await ExecuteAsync(
            connection, string.Create(CultureInfo.InvariantCulture,
                $"savepoint step; set local statement_timeout = {Math.Max(1, (long)limit.TotalMilliseconds)}"), cancellation);
        try
        {
            await step();
            await ExecuteAsync(connection, "release savepoint step", cancellation);
            return null;
        }
        catch (PostgresException e) when (e.InvariantSeverity == "ERROR" && !IsOfSchema(e) && !cancellation.IsCancellationRequested)
        {
            await ExecuteAsync(connection, "rollback to savepoint step; release savepoint step", cancellation);
            return e.SqlState != PostgresErrorCodes.QueryCanceled ? new StepError(e.MessageText) { IsData = IsData(e) }
                : new StepError(string.Create(
                    CultureInfo.InvariantCulture,
                    $"it took longer than {limit.TotalSeconds:0.#} s ({(isLast ? "Integrity:MaxMinutes" : "Integrity:StatementSeconds")})"))
                { IsOverdue = true };
        }
    }

    private async Task<CheckResult> CheckAsync(
        NpgsqlConnection connection, IntegrityCheck check, Facts facts, Stopwatch clock, CancellationToken cancellation)
    {
        CheckResult? result = null;
        var error = facts.Missing(check.Sql) ?? await TryAsync(
            connection, clock, TimeSpan.FromSeconds(options.StatementSeconds),
            async () => result = await FindAsync(connection, check, cancellation), cancellation);
        if (error is null)
            return result!;
        var named = new CheckResult(check.Name, Promises.NameOf(check.Promise), check.Says, 0, [], null);
        // One value of the wrong kind must not hide what the others say.
        return error.IsData
            ? named with
            {
                Breaches = 1,
                Rows = [new BrokenRow("this check", $"could not be made: {error.Message}")],
                Remedy = "A row has a value of a kind that the shop does not write. Find and restore it from a backup, then check again.",
            }
            : named with { Error = error.Message };
    }

    private static bool IsOfSchema(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction;

    private static bool IsData(PostgresException e) => e.SqlState.StartsWith("22", StringComparison.Ordinal);

    private async Task<CheckResult> FindAsync(NpgsqlConnection connection, IntegrityCheck check, CancellationToken cancellation)
    {
        var total = 0L;
        var rows = await ReadAsync(
            connection, $"select \"row\", finding, count(*) over () from ({check.Sql}) as breach(\"row\", finding) order by 1, 2 limit "
                + $"{options.MaxRows}",
            r =>
            {
                total = r.GetInt64(2);
                return new BrokenRow(r.GetString(0), r.GetString(1));
            },
            check.TakesHandlers ? [new NpgsqlParameter { Value = handlers }] : [], cancellation);
        return new CheckResult(
            check.Name, Promises.NameOf(check.Promise), check.Says, total, [.. rows], rows.Count > 0 ? check.Remedy : null);
    }

    /// <summary>What a check depends on besides the database.</summary>
    private sealed record Setting(IPaymentProviderModule Provider, int RetentionDays)
    {
        public string Money => Provider.CapturedSql ?? IntegrityFacts.OwnMoney;
    }

    /// <summary>Why a step could not be taken.</summary>
    /// <param name="Message">For people.</param>
    private sealed record StepError(string Message)
    {
        /// <summary>True when a value cannot be read.</summary>
        public bool IsData { get; init; }

        /// <summary>True when the time was over.</summary>
        public bool IsOverdue { get; init; }
    }

    /// <summary>The tables that could not be filled, and so what does without them.</summary>
    private sealed partial class Facts
    {
        private readonly Dictionary<string, StepError> lost = [];

        public void Lost(string name, StepError why) => lost[name] = why;

        /// <summary>Why a query cannot be asked; null when every table that it reads is there.</summary>
        public StepError? Missing(string sql) => lost.Count == 0 ? null
            : Source().Matches(sql).Select(m => lost.GetValueOrDefault(m.Groups[1].Value)).FirstOrDefault(e => e is not null);

        [GeneratedRegex(@"\b(?:from|join)\s+(\w+)")]
        private static partial Regex Source();
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellation, params NpgsqlParameter[] values)
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
    public const string Sql =
        "select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) as m(id, reference, amount, refunded)";

    public static NpgsqlParameter[] Parameters(IReadOnlyList<TakenMoney> taken) =>
    [
        new() { Value = taken.Select(m => m.Order.ToString("N")).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        new() { Value = taken.Select(m => m.Reference).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        new() { Value = taken.Select(m => m.Amount).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
        new() { Value = taken.Select(m => m.Refunded).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
    ];
}

/// <summary>The integrity check took longer than its limit, and there is no result.</summary>
internal sealed class IntegrityCheckOverdueException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The server ended the integrity check; it can be run again at once.</summary>
internal sealed class IntegrityCheckInterruptedException(string message, Exception inner) : Exception(message, inner);

/// <summary>The database has another version's schema.</summary>
internal sealed class SchemaMismatchException(string message, Exception? inner = null) : Exception(message, inner);
