using System.Diagnostics;
using System.Reflection;
using DbUp;
using DbUp.Engine;
using DbUp.Engine.Output;
using DbUp.Postgresql;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SoonShop.Silo.Integrity;

namespace SoonShop.Silo.Migrations;

/// <summary>
/// Migrates the database's schema to this version: runs each numbered SQL file of this folder once, in a transaction of its own.
/// </summary>
internal static partial class Migrator
{
    /// <summary>The key of the advisory lock that lets one process migrate at a time. The value is arbitrary.</summary>
    private const long LockKey = 0x536F6F6E53686F70;

    /// <summary>The part of an embedded file's resource name before its file name.</summary>
    private const string Folder = ".Migrations.";

    /// <summary>How long to wait for another migrating process: longer than that process retries.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Data to add to existing rows before a step that requires it. Each function takes a start and a row count, and returns how far it
    /// got. A batch takes some tenths of a second, because writers of its rows wait for the transaction.
    /// </summary>
    private static readonly (string Step, string Function, int Batch, string What)[] Backfills =
    [
        ("0045-product-search-filled.sql", "fill_product_search", 100, "products are in the search's table"),
        ("0061-order-entries-filled.sql", "fill_order_entries", 1000, "orders are in the lists' table"),
        ("0102-product-attributes-filled.sql", "fill_product_attributes", 1000, "products have their attributes in a table"),
        ("0122-product-suggestions-filled.sql", "fill_product_suggestions", 200, "products can be suggested"),
    ];

    private static readonly TimeSpan AwaitPause = TimeSpan.FromSeconds(1);

    /// <summary>How long a step may wait for a lock. All other queries on the table queue behind the step meanwhile.</summary>
    private const string LockTimeout = "set lock_timeout = '3s'";

    /// <summary>The most attempts of a step that does not get its locks.</summary>
    private const int MaxTries = 40;

    /// <summary>Migrates the schema. Idempotent. Throws when a file fails; the files before it stay applied.</summary>
    public static async Task MigrateAsync(string connectionString, ILogger log, CancellationToken cancellation)
    {
        await using var database = Open(connectionString);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using (var command = new NpgsqlCommand("select pg_advisory_lock(@key)", connection)
        { CommandTimeout = (int)MaxWait.TotalSeconds })
        {
            command.Parameters.AddWithValue("key", LockKey);
            await command.ExecuteNonQueryAsync(cancellation);
        }
        // The advisory lock ends with the connection.
        await using var impatient = Open(connectionString, LockTimeout);
        foreach (var filling in Backfills)
        {
            if (!Upgrade(impatient, log).GetScriptsToExecute().Any(s => FileOf(s.Name) == filling.Step))
                continue;
            await PerformAsync(connection, impatient, log, file => string.CompareOrdinal(file, filling.Step) < 0, cancellation);
            await BackfillAsync(connection, log, filling.Function, filling.Batch, filling.What, cancellation);
        }
        await PerformAsync(connection, impatient, log, _ => true, cancellation);
    }

    private static async Task PerformAsync(
        NpgsqlConnection connection, NpgsqlDataSource impatient, ILogger log, Func<string, bool> include, CancellationToken cancellation)
    {
        DatabaseUpgradeResult result;
        for (var tries = 1; ; tries++)
        {
            var upgrade = Upgrade(impatient, log, include);
            if (upgrade.IsUpgradeRequired())
                await EndAuditsAsync(connection, log, cancellation);
            result = upgrade.PerformUpgrade();
            if (result.Successful || tries == MaxTries
                || result.Error.GetBaseException() is not PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable })
                break;
            LogLocked(log, result.ErrorScript?.Name ?? "?", tries, MaxTries);
            await Task.Delay(AwaitPause, cancellation);
        }
        if (!result.Successful)
            throw new InvalidOperationException(
                $"Migration {result.ErrorScript?.Name ?? "?"} failed: {result.Error.Message}", result.Error);
    }

    /// <summary>Fills existing rows in short transactions. The shop keeps running, and the rows stay writable.</summary>
    private static async Task BackfillAsync(
        NpgsqlConnection connection, ILogger log, string function, int batch, string what, CancellationToken cancellation)
    {
        var reached = "";
        for (var batches = 1; ; batches++)
        {
            await using var command = new NpgsqlCommand($"select {function}($1, $2)", connection);
            command.Parameters.Add(new() { Value = reached });
            command.Parameters.Add(new() { Value = batch });
            if (await command.ExecuteScalarAsync(cancellation) is not string last)
                return;
            reached = last;
            if (batches % 50 == 0)
                LogFilling(log, batches * batch, what);
        }
    }

    /// <summary>Returns the steps that this version has and the database lacks. Changes nothing. A newer schema lacks no step.</summary>
    public static IReadOnlyList<string> Missing(string connectionString)
    {
        using var database = Open(connectionString);
        return [.. Upgrade(database, NullLogger.Instance).GetScriptsToExecute().Select(s => FileOf(s.Name))];
    }

    private static string FileOf(string resource) => resource[(resource.IndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..];

    /// <summary>
    /// Waits until another process has migrated the schema to this version. Returns the steps that are still missing after the limit.
    /// </summary>
    public static async Task<IReadOnlyList<string>> AwaitAsync(
        string connectionString, TimeSpan limit, ILogger log, CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        var told = "";
        while (true)
        {
            IReadOnlyList<string> missing;
            string state;
            try
            {
                missing = Missing(connectionString);
                state = missing.Count == 0 ? "" : $"{missing.Count} steps are missing, the first is {missing[0]}";
            }
            catch (NpgsqlException e)
            {
                // Also waits for a database that starts together with this process.
                (missing, state) = ([], $"the database does not answer: {e.Message}");
            }
            if (state.Length == 0)
                return [];
            if (waited.Elapsed >= limit)
                return missing.Count > 0 ? missing : throw new UnavailableException(state);
            if (state != told)
                LogWaiting(log, state);
            told = state;
            await Task.Delay(AwaitPause, cancellation);
        }
    }

    /// <summary>
    /// Ends running integrity checks, also those of other roles. They hold locks on all tables for minutes and can be repeated.
    /// </summary>
    private static async Task EndAuditsAsync(NpgsqlConnection connection, ILogger log, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            select count(*) filter (where ended)::int, count(*) filter (where not ended)::int from (
              select case when (pg_has_role(r.oid, 'usage') or pg_has_role('pg_signal_backend', 'usage'))
                  and (not r.rolsuper or current_setting('is_superuser')::boolean)
                          then pg_terminate_backend(a.pid) else false end as ended
              from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
              where a.application_name = $1 and a.datname = current_database()) audit
            """, connection);
        command.Parameters.Add(new() { Value = IntegrityChecker.ApplicationName });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        if (reader.GetInt32(0) is > 0 and var ended)
            LogEnded(log, ended);
        if (reader.GetInt32(1) is > 0 and var left)
            LogLeft(log, left);
    }

    /// <summary>
    /// Creates a data source without a pool. A pooled idle connection would keep its locks, and the metrics would report the pool for as
    /// long as the process runs.
    /// </summary>
    private static NpgsqlDataSource Open(string connectionString, string? begin = null)
    {
        var builder = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        if (begin is not null)
        {
            builder.UsePhysicalConnectionInitializer(
                connection =>
                {
                    using var command = new NpgsqlCommand(begin, connection);
                    command.ExecuteNonQuery();
                },
                async connection =>
                {
                    await using var command = new NpgsqlCommand(begin, connection);
                    await command.ExecuteNonQueryAsync();
                });
        }
        return builder.Build();
    }

    private static UpgradeEngine Upgrade(NpgsqlDataSource database, ILogger log, Func<string, bool>? include = null) => DeployChanges.To
        .PostgresqlDatabase(new PostgresqlConnectionManager(database))
        .WithScriptsEmbeddedInAssembly(
            Assembly.GetExecutingAssembly(), name =>
                name.EndsWith(".sql", StringComparison.Ordinal) && include?.Invoke(FileOf(name)) != false)
        .WithTransactionPerScript()
        .JournalToPostgresqlTable("public", "schema_version")
        .LogTo(new Log(log))
        .Build();

    [LoggerMessage(Level = LogLevel.Information, Message = "Waiting for `Silo migrate` of this version: {State}")]
    private static partial void LogWaiting(ILogger log, string state);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Step} did not get its locks; attempt {Tries} of {MaxTries}. A long transaction (a backup, a report) holds them: "
            + "select * from pg_stat_activity order by xact_start")]
    private static partial void LogLocked(ILogger log, string step, int tries, int maxTries);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} {What}")]
    private static partial void LogFilling(ILogger log, int count, string what);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ended {Count} integrity check(s) that would block the migration")]
    private static partial void LogEnded(ILogger log, int count);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Count} integrity check(s) block the migration and could not be ended. "
            + "End them, or make this role a member of theirs or of pg_signal_backend.")]
    private static partial void LogLeft(ILogger log, int count);

    private sealed class Log(ILogger log) : IUpgradeLog
    {
#pragma warning disable CA2254, CA1848 // DbUp formats its own messages.
        public void LogTrace(string format, params object[] args) => log.LogTrace(format, args);
        public void LogDebug(string format, params object[] args) => log.LogDebug(format, args);
        public void LogInformation(string format, params object[] args) => log.LogDebug(format, args);
        public void LogWarning(string format, params object[] args) => log.LogWarning(format, args);
        public void LogError(string format, params object[] args) => log.LogError(format, args);
        public void LogError(Exception ex, string format, params object[] args) => log.LogError(ex, format, args);
#pragma warning restore CA2254, CA1848
    }
}
