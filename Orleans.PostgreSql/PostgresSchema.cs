using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace SoonShop.Orleans.PostgreSql;

/// <summary>The database schema that the grain storage and the streams need.</summary>
public static partial class PostgresSchema
{
    /// <summary>The key of the advisory lock that lets one process migrate at a time. The value is arbitrary.</summary>
    private const long LockKey = 0x4F724C6550674D69;

    /// <summary>The part of an embedded file's resource name before its file name.</summary>
    private const string Folder = ".Migrations.";

    private const string Journal = "orleans_postgresql_schema";

    /// <summary>How long to wait for another migrating process, and the longest that a step may take.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Migrates the schema to this version, under a lock: any number of processes may call it, any number of times. Each step is a
    /// transaction of its own and runs once; the table <c>orleans_postgresql_schema</c> lists the steps that ran. The role needs the right
    /// to create tables and functions. Objects of the same names that have the right form are left as they are.
    /// </summary>
    /// <exception cref="InvalidOperationException">A step failed; the steps before it stay applied.</exception>
    public static async Task MigrateAsync(string connectionString, ILogger? log = null, CancellationToken cancellation = default)
    {
        // Not pooled: the lock ends with the connection.
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            CommandTimeout = (int)MaxWait.TotalSeconds,
        });
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await ExecuteAsync(connection, $"select pg_advisory_lock({LockKey})", cancellation);
        await ExecuteAsync(
            connection,
            $"create table if not exists {Journal} (step text primary key, applied_at timestamptz not null default clock_timestamp())",
            cancellation);
        foreach (var (step, sql) in Steps())
        {
            if (!await IsAppliedAsync(connection, step, cancellation))
                await ApplyAsync(connection, step, sql, log ?? NullLogger.Instance, cancellation);
        }
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, string step, string sql, ILogger log, CancellationToken cancellation)
    {
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await ExecuteAsync(connection, sql, cancellation);
            await ExecuteAsync(connection, $"insert into {Journal} (step) values ('{step}')", cancellation);
            await transaction.CommitAsync(cancellation);
        }
        catch (PostgresException e)
        {
            throw new InvalidOperationException($"The step {step} of the schema failed: {e.MessageText}", e);
        }
        LogApplied(log, step);
    }

    private static async Task<bool> IsAppliedAsync(NpgsqlConnection connection, string step, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select exists (select from {Journal} where step = $1)", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = step });
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The embedded files, in order.</summary>
    private static IEnumerable<(string Step, string Sql)> Steps()
    {
        var assembly = typeof(PostgresSchema).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames()
            .Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return (resource[(resource.IndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..], reader.ReadToEnd());
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The step {Step} of the schema is applied.")]
    private static partial void LogApplied(ILogger log, string step);
}
