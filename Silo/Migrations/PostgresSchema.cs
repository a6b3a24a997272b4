using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SoonShop.Silo.Migrations;

/// <summary>The database schema that the PostgreSQL grain storage and streams need.</summary>
public static class PostgresSchema
{
    /// <summary>
    /// Migrates the schema to this version, under a lock: any number of processes may call it, any number of times. The role needs the
    /// right to create tables and the extension <c>pg_trgm</c>.
    /// </summary>
    /// <exception cref="InvalidOperationException">A step failed; the steps before it stay applied.</exception>
    public static Task MigrateAsync(string connectionString, ILogger? log = null, CancellationToken cancellation = default) =>
        Migrator.MigrateAsync(connectionString, log ?? NullLogger.Instance, cancellation);
}
