using System.Reflection;
using DbUp;
using DbUp.Engine.Output;
using DbUp.Postgresql;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace SoonShop.Silo.Migrations;

/// <summary>Brings the database's schema up to this version: the numbered SQL files of this folder, each once, in one transaction each.</summary>
internal static class Migrator
{
    /// <summary>Key of the advisory lock under which one process migrates at a time; any constant would do.</summary>
    private const long LockKey = 0x536F6F6E53686F70;

    /// <summary>How long to wait for another process that migrates.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(2);

    /// <summary>Migrates. Doing it again does nothing. Throws when a file fails; what came before it stays.</summary>
    public static async Task MigrateAsync(string connectionString, ILogger log, CancellationToken cancellation)
    {
        // Not pooled: a connection that waits in a pool still holds its locks. And of nobody's pool: metrics would tell of it for ever.
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false });
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using (var command = new NpgsqlCommand("select pg_advisory_lock(@key)", connection) { CommandTimeout = (int)MaxWait.TotalSeconds })
        {
            command.Parameters.AddWithValue("key", LockKey);
            await command.ExecuteNonQueryAsync(cancellation);
        }
        // The lock ends with this connection.
        var result = DeployChanges.To
            .PostgresqlDatabase(new PostgresqlConnectionManager(database))
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly())
            .WithTransactionPerScript()
            .JournalToPostgresqlTable("public", "schema_version")
            .LogTo(new Log(log))
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
            throw new InvalidOperationException($"Migration {result.ErrorScript?.Name ?? "?"} failed: {result.Error.Message}", result.Error);
    }

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
