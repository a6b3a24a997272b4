using System.Diagnostics;
using System.Reflection;
using DbUp;
using DbUp.Engine;
using DbUp.Engine.Output;
using DbUp.Postgresql;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace SoonShop.Silo.Migrations;

/// <summary>Brings the database's schema up to this version: the numbered SQL files of this folder, each once, in one transaction each.</summary>
internal static partial class Migrator
{
    /// <summary>Key of the advisory lock under which one process migrates at a time; any constant would do.</summary>
    private const long LockKey = 0x536F6F6E53686F70;

    /// <summary>Stands in the names of the embedded files before their own.</summary>
    private const string Folder = ".Migrations.";

    /// <summary>How long to wait for another process that migrates.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan AwaitPause = TimeSpan.FromSeconds(1);

    /// <summary>Migrates. Doing it again does nothing. Throws when a file fails; what came before it stays.</summary>
    public static async Task MigrateAsync(string connectionString, ILogger log, CancellationToken cancellation)
    {
        await using var database = Open(connectionString);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using (var command = new NpgsqlCommand("select pg_advisory_lock(@key)", connection) { CommandTimeout = (int)MaxWait.TotalSeconds })
        {
            command.Parameters.AddWithValue("key", LockKey);
            await command.ExecuteNonQueryAsync(cancellation);
        }
        // The lock ends with this connection.
        var result = Upgrade(database, log).PerformUpgrade();
        if (!result.Successful)
            throw new InvalidOperationException($"Migration {result.ErrorScript?.Name ?? "?"} failed: {result.Error.Message}", result.Error);
    }

    /// <summary>The steps that this version has and the database has not; changes nothing. A schema that is newer lacks none.</summary>
    public static IReadOnlyList<string> Missing(string connectionString)
    {
        using var database = Open(connectionString);
        return [.. Upgrade(database, NullLogger.Instance).GetScriptsToExecute().Select(s => s.Name[(s.Name.IndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..])];
    }

    /// <summary>Waits until the schema is at this version, because another process migrates; the steps that are still missing when the time is up.</summary>
    public static async Task<IReadOnlyList<string>> AwaitAsync(string connectionString, TimeSpan limit, ILogger log, CancellationToken cancellation)
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
                // A database that comes up together with this process is waited for, too.
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

    /// <summary>Not pooled: a connection that waits in a pool still holds its locks. And of nobody's pool: metrics would tell of it for ever.</summary>
    private static NpgsqlDataSource Open(string connectionString) => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false });

    private static UpgradeEngine Upgrade(NpgsqlDataSource database, ILogger log) => DeployChanges.To
        .PostgresqlDatabase(new PostgresqlConnectionManager(database))
        .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly())
        .WithTransactionPerScript()
        .JournalToPostgresqlTable("public", "schema_version")
        .LogTo(new Log(log))
        .Build();

    [LoggerMessage(Level = LogLevel.Information, Message = "Waiting for `Silo migrate` of this version: {State}")]
    private static partial void LogWaiting(ILogger log, string state);

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
