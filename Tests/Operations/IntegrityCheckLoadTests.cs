using System.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SoonShop.Silo.Integrity;
using SoonShop.Silo.Migrations;
using SoonShop.Tests.Running;
using SoonShop.Tests.Streams;

namespace SoonShop.Tests.Operations;

/// <summary>Neither streams nor migrations wait for an integrity check.</summary>
public sealed class IntegrityCheckLoadTests : IAsyncLifetime
{
    private const string Role = "soonshop_test_auditor";
    private const string Password = "auditor";

    private StreamDatabase database = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => database = await StreamDatabase.CreateForShopAsync();

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task a_queue_does_not_wait_for_an_announced_audit()
    {
        await using var audit = await database.Source.OpenConnectionAsync(Stop);
        await using var snapshot = await audit.BeginTransactionAsync(IsolationLevel.RepeatableRead, Stop);
        await using var writer = await database.Source.OpenConnectionAsync(Stop);
        await using var writing = await writer.BeginTransactionAsync(Stop);
        await IntegrityChecker.AnnounceAsync(audit, database.Source, Stop);
        var (audits, writers) = (await IdAsync(audit), await IdAsync(writer));

        var seen = (await new SoonShop.Orleans.PostgreSql.Streams.StreamDatabase(
            database.Source, "audited").ReadQueuesAsync([new(1, 0, [], [])], 10, 1000, Stop))[0].Snapshot;
        Assert.Equal((true, false), (seen.HadEnded(audits), seen.HadEnded(writers)));
        Assert.Equal([writers], seen.Unended().Intersect([audits, writers]));
    }

    [Fact]
    public async Task an_audit_goes_on_where_it_cannot_be_announced()
    {
        await using var audit = await database.Source.OpenConnectionAsync(Stop);
        await using var snapshot = await audit.BeginTransactionAsync(IsolationLevel.RepeatableRead, Stop);
        await using var nowhere = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Password = "another", Pooling = false });
        await IntegrityChecker.AnnounceAsync(audit, nowhere, Stop);
        Assert.Equal(ConnectionState.Open, audit.State);
    }

    [Fact]
    public async Task a_migration_ends_an_audit_of_another_role()
    {
        await ExecuteAsync($"""
            alter table integrity_audit drop column installed_at, drop column provider, drop column retention_days,
            drop column removed_before;
            drop table audit_transaction;
            delete from schema_version where scriptname like '%.0022-%'
            """);
        await ExecuteAsAdministratorAsync(
            $"drop role if exists {Role}; create role {Role} login password '{Password}'; grant {Role} to soonshop");
        await ExecuteAsync($"grant select on integrity_audit to {Role}");
        try
        {
            await using var auditors = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString)
            {
                Username = Role,
                Password = Password,
                Pooling = false,
                ApplicationName = IntegrityChecker.ApplicationName,
            });
            await using var audit = await auditors.OpenConnectionAsync(Stop);
            await using var snapshot = await audit.BeginTransactionAsync(Stop);
            await using var command = new NpgsqlCommand("lock table integrity_audit in access share mode", audit);
            await command.ExecuteNonQueryAsync(Stop);

            await Migrator.MigrateAsync(database.ConnectionString, NullLogger.Instance, Stop).WaitAsync(TimeSpan.FromMinutes(2), Stop);
            Assert.Empty(Migrator.Missing(database.ConnectionString));
            Assert.Equal(
                PostgresErrorCodes.AdminShutdown,
                (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Stop))).SqlState);
        }
        finally
        {
            await ExecuteAsync($"drop owned by {Role}");
            await ExecuteAsAdministratorAsync($"drop role {Role}");
        }
    }

    private static async Task<long> IdAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("select pg_current_xact_id()::text::bigint", connection);
        return (long)(await command.ExecuteScalarAsync(Stop))!;
    }

    private static async Task ExecuteAsAdministratorAsync(string sql)
    {
        await using var administrator = NpgsqlDataSource.Create((await PostgresServer.SharedAsync()).AdministratorConnectionString);
        await using var command = administrator.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Stop);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = database.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Stop);
    }
}
