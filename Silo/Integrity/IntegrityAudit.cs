using System.Data;
using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Events;
using SoonShop.Silo.Payments;

namespace SoonShop.Silo.Integrity;

/// <summary>
/// Checks every promise of the shop over its whole database, while the shop sells: all queries read one snapshot, and what is
/// still under way is told apart by who will come back to it, not by its age. It changes nothing and locks nothing; on the server
/// it takes one connection, little memory and temporary disk space of about the size of the orders.
/// </summary>
/// <param name="provider">Who moves the money: of the simulated provider, the books stand in the same database.</param>
/// <param name="retentionDays">For how long every event is kept.</param>
/// <param name="handlers">The event handlers of this version.</param>
/// <param name="options">Limits.</param>
internal sealed class IntegrityAudit(PaymentProviderKind provider, int retentionDays, string[] handlers, AuditOptions options)
{
    /// <summary>Of a silo's or command's configuration.</summary>
    public static IntegrityAudit Of(SiloConfiguration configuration)
    {
        var types = new EventTypes(EventTypes.Assemblies());
        return new IntegrityAudit(
            configuration.Payments.Provider, Math.Min(configuration.Events.RetentionDays, configuration.Events.AuditRetentionDays),
            [.. new EventHandlers(EventTypes.Assemblies(), types).All.Select(h => h.Name)], configuration.Audit);
    }

    /// <summary>Audits the database that a connection string names, on a connection of its own.</summary>
    /// <exception cref="AuditOverdueException">It took longer than it may.</exception>
    /// <exception cref="SchemaMismatchException">The schema is not this version's.</exception>
    public async Task<IntegrityReport> RunAsync(string connectionString, CancellationToken cancellation)
    {
        var own = new NpgsqlConnectionStringBuilder(connectionString)
        {
            // What is temporary goes with the connection.
            Pooling = false,
            ApplicationName = "soonshop-audit",
            CommandTimeout = options.StatementSeconds + 5,
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromMinutes(options.MaxMinutes));
        try
        {
            // A source that ends with the audit: metrics would tell of another for ever, by its connection string.
            await using var database = NpgsqlDataSource.Create(own);
            await using var connection = await database.OpenConnectionAsync(limit.Token);
            // Should this process hang, the server gives up the snapshot for it.
            await ExecuteAsync(connection, $"""
                set statement_timeout = '{options.StatementSeconds}s'; set lock_timeout = '10s'; set idle_in_transaction_session_timeout = '60s';
                set jit = off; set max_parallel_workers_per_gather = 0
                """, limit.Token);
            await CreateTablesAsync(connection, ProviderMoney, atRest: false, limit.Token);
            await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, limit.Token);
            // Temporary tables can still be filled.
            await ExecuteAsync(connection, "set transaction read only", limit.Token);
            return await AuditAsync(connection, ProviderMoney, [], atRest: false, IntegrityCheck.All, limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } && !cancellation.IsCancellationRequested)
        {
            throw new AuditOverdueException(
                $"It took longer than Audit:StatementSeconds ({options.StatementSeconds}) for one query, or Audit:MaxMinutes ({options.MaxMinutes}) in all. Give it more, or run it on a restored backup.", e);
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
        var money = taken is null ? ProviderMoney : TakenMoney.Sql;
        NpgsqlParameter[] values = taken is null ? [] : TakenMoney.Parameters(taken);
        await CreateTablesAsync(connection, taken is null ? money : "select ''::text as id, ''::text as reference, 0::bigint as amount, 0::bigint as refunded", atRest, cancellation);
        return await AuditAsync(connection, money, values, atRest, checks, cancellation);
    }

    private string ProviderMoney => provider == PaymentProviderKind.Simulated ? IntegrityFacts.SimulatedMoney : IntegrityFacts.OwnMoney;

    private async Task CreateTablesAsync(NpgsqlConnection connection, string money, bool atRest, CancellationToken cancellation)
    {
        await ExecuteAsync(connection, IntegrityFacts.JsonOf, cancellation);
        foreach (var (name, sql) in IntegrityFacts.Views)
            await ExecuteAsync(connection, $"create temporary view {name} as {sql}", cancellation);
        foreach (var (name, sql) in IntegrityFacts.Tables(money, retentionDays, atRest))
            await ExecuteAsync(connection, $"create temporary table {name} as {sql} with no data", cancellation);
    }

    private async Task<IntegrityReport> AuditAsync(
        NpgsqlConnection connection, string money, NpgsqlParameter[] moneyValues, bool atRest, IEnumerable<IntegrityCheck> checks, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        // The first query takes the snapshot.
        var at = (await ReadAsync(connection, "select clock_timestamp()", r => r.GetFieldValue<DateTimeOffset>(0), [], cancellation))[0];
        foreach (var (name, sql) in IntegrityFacts.Tables(money, retentionDays, atRest))
        {
            await ExecuteAsync(connection, $"insert into pg_temp.{name} {sql}", cancellation, name == "money" ? moneyValues : []);
            await ExecuteAsync(connection, $"analyze pg_temp.{name}", cancellation);
        }
        var results = ImmutableArray.CreateBuilder<CheckResult>();
        foreach (var check in checks)
            results.Add(await CheckAsync(connection, check, cancellation));
        var extent = await ReadAsync(connection, IntegrityFacts.Extent, r => new Extent(r.GetString(0), r.GetInt64(1)), [], cancellation);
        var underWay = await ReadAsync(
            connection, IntegrityFacts.UnderWay, r => new Progress(r.GetString(0), r.GetInt64(1), r.IsDBNull(2) ? null : r.GetFieldValue<DateTimeOffset>(2)), [], cancellation);
        var compared = moneyValues.Length > 0 || provider == PaymentProviderKind.Simulated
            ? "Payments were compared with the provider's books."
            : "With the provider's books, payments are compared by reconciliation; what it could not settle counts here.";
        return new IntegrityReport(
            at, Math.Round(clock.Elapsed.TotalSeconds, 1), $"{connection.Host}:{connection.Port}/{connection.Database}", compared,
            results.Sum(r => r.Breaches), [.. extent], [.. underWay], results.ToImmutable());
    }

    private async Task<CheckResult> CheckAsync(NpgsqlConnection connection, IntegrityCheck check, CancellationToken cancellation)
    {
        var total = 0L;
        var rows = await ReadAsync(
            connection, $"select \"row\", finding, count(*) over () from ({check.Sql}) as breach(\"row\", finding) order by 1, 2 limit {options.MaxRows}",
            r =>
            {
                total = r.GetInt64(2);
                return new BrokenRow(r.GetString(0), r.GetString(1));
            },
            check.Name == EventChecks.HandlerIsKnown ? [new NpgsqlParameter { Value = handlers }] : [], cancellation);
        return new CheckResult(check.Name, Promises.NameOf(check.Promise), check.Says, total, [.. rows], rows.Count > 0 ? check.Remedy : null);
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

/// <summary>The database has another version's schema.</summary>
internal sealed class SchemaMismatchException(string message, Exception inner) : Exception(message, inner);
