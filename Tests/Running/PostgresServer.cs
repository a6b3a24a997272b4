using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SoonShop.Silo.Migrations;

namespace SoonShop.Tests.Running;

/// <summary>A PostgreSQL server of the tests' own, run by <c>deploy/postgres.sh</c>.</summary>
internal sealed class PostgresServer
{
    private static readonly ConcurrentDictionary<string, Task<PostgresServer>> Started = new();
    private static int databases;
    private readonly string folder;
    private readonly Lazy<Task<string>> migrated;

    private PostgresServer(string folder, string connectionString)
    {
        (this.folder, ConnectionString) = (folder, connectionString);
        migrated = new(MigrateAsync);
    }

    /// <summary>For the role that owns the tests' databases. It is no superuser.</summary>
    public string ConnectionString { get; private set; }

    /// <summary>For the server's administrator, a superuser.</summary>
    public string AdministratorConnectionString => new NpgsqlConnectionStringBuilder(ConnectionString)
    {
        Username = "postgres",
        Password = File.ReadAllText(Path.Combine(folder, "admin.password")).Trim(),
        Pooling = false,
    }.ConnectionString;

    /// <summary>The server that tests share. <c>test.sh</c> stops it.</summary>
    public static Task<PostgresServer> SharedAsync() => StartAsync("postgres");

    /// <summary>A server with a data directory of its own, for tests that stop it.</summary>
    public static Task<PostgresServer> StartAsync(string name) => Started.GetOrAdd(name, async n =>
    {
        var folder = Path.Combine(Repository.TestData, n);
        return new PostgresServer(folder, (await Repository.RunAsync(Script, "start", "--data", folder)).Trim());
    });

    /// <summary>Makes an empty database; answers its connection string.</summary>
    public Task<string> CreateDatabaseAsync() => CreateDatabaseAsync("template1");

    /// <summary>Makes a database with the shop's schema, as a copy of one that is migrated once; answers its connection string.</summary>
    public async Task<string> CreateShopDatabaseAsync() => await CreateDatabaseAsync(await migrated.Value);

    private async Task<string> MigrateAsync()
    {
        var database = await CreateDatabaseAsync();
        await Migrator.MigrateAsync(database, NullLogger.Instance, CancellationToken.None);
        return new NpgsqlConnectionStringBuilder(database).Database!;
    }

    private async Task<string> CreateDatabaseAsync(string template)
    {
        var name = $"test_{Environment.ProcessId}_{Interlocked.Increment(ref databases)}_{Guid.NewGuid():N}"[..40];
        await ExecuteAsync($"create database {name} template {template}", ConnectionString);
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Removes a database, whoever is connected; unless <c>SOONSHOP_KEEP_DATABASES</c> is set.</summary>
    public Task DropDatabaseAsync(string connectionString) =>
        Environment.GetEnvironmentVariable("SOONSHOP_KEEP_DATABASES") is { Length: > 0 }
            ? Task.CompletedTask
            // Only a superuser may end an autovacuum worker that is at work there.
            : ExecuteAsync(
                $"drop database if exists {new NpgsqlConnectionStringBuilder(connectionString).Database} with (force)",
                AdministratorConnectionString);

    /// <summary>Stops the server at once, as a power cut would.</summary>
    public Task KillAsync() => Repository.RunAsync(Script, "kill", "--data", folder);

    /// <summary>Starts the server again, on the same port.</summary>
    public async Task StartAgainAsync() => ConnectionString = (await Repository.RunAsync(Script, "start", "--data", folder)).Trim();

    /// <summary>Stops the server and starts it again.</summary>
    /// <param name="mode"><c>fast</c> or <c>immediate</c>, as of <c>pg_ctl</c>.</param>
    public async Task RestartAsync(string mode)
    {
        await Repository.RunAsync(Script, "stop", "--data", folder, "--mode", mode);
        await StartAgainAsync();
    }

    /// <summary>Stops the server.</summary>
    public async Task StopAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await Repository.RunAsync(Script, "stop", "--data", folder);
        Started.TryRemove(Path.GetFileName(folder), out _);
    }

    private static string Script => Path.Combine(Repository.Root, "deploy", "postgres.sh");

    private static async Task ExecuteAsync(string sql, string connectionString)
    {
        // Not pooled: the server may have been killed since the last time.
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 60 };
        await command.ExecuteNonQueryAsync();
    }
}
