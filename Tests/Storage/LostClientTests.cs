using System.Data;
using Npgsql;
using SoonShop.ServiceDefaults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

/// <summary>A query whose client has closed the connection without a word.</summary>
public sealed class LostClientTests
{
    private const string Waiting = "from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

    [Fact]
    public async Task a_query_that_waits_for_a_lock_ends_soon_after_its_client_has_gone()
    {
        var connectionString = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var holder = await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await ExecuteAsync(holder, "create table wanted (id integer)");
        await ExecuteAsync(holder, "begin; lock table wanted in access exclusive mode");

        // A negative timeout: after its second, the client closes the connection instead of asking for a cancellation.
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 1, CancellationTimeout = -1 };
        await using var silo = builder.ToDataSource();
        await using var connection = await silo.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var gaveUp = await Assert.ThrowsAsync<NpgsqlException>(() => ExecuteAsync(connection, "select id from wanted"));
        Assert.IsType<TimeoutException>(gaveUp.InnerException);
        Assert.Equal(ConnectionState.Closed, connection.State);

        await Until.TrueAsync("no query waits for the lock", TimeSpan.FromSeconds(30), async () =>
        {
            await using var count = new NpgsqlCommand($"select count(*) {Waiting}", holder);
            return await count.ExecuteScalarAsync(TestContext.Current.CancellationToken) is 0L;
        });
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
