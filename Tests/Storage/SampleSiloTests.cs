using Npgsql;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

/// <summary>The sample silo of the providers, a process without any assembly of the shop. It has a <c>CartGrain</c> of its own.</summary>
public sealed class SampleSiloTests
{
    private const string Name = "SoonShop.Orleans.PostgreSql.Sample";

    [Fact]
    public async Task a_foreign_silo_keeps_its_states_and_gets_its_events_in_a_database_with_the_providers_tables_alone()
    {
        var server = await PostgresServer.SharedAsync();
        var database = await server.CreateDatabaseAsync();
        try
        {
            Assert.Equal(["In the cart: tea", "Added to mine: tea"], await RunAsync(database));
            Assert.Equal(["In the cart: tea, tea", "Added to mine: tea"], await RunAsync(database));
            await using var source = NpgsqlDataSource.Create(database);
            await using var command = source.CreateCommand(
                "select array_agg(c.relname::text order by c.relname) from pg_class c where c.relnamespace = 'public'::regnamespace and "
                    + "c.relkind in ('r', 'p', 'v')");
            Assert.Equal(
                [
                    "audit_transaction", "event", "grain_state", "grain_state_other", "orleans_postgresql_schema", "owned_name",
                    "stream_lag", "stream_place", "stream_provider", "stream_queue", "stream_undelivered",
                ],
                (string[])(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);
        }
        finally
        {
            await server.DropDatabaseAsync(database);
        }
    }

    [Fact]
    public void of_the_repository_the_sample_has_the_library_alone() =>
        Assert.Equal(
            ["SoonShop.Orleans.PostgreSql", Name],
            Directory.EnumerateFiles(Path.GetDirectoryName(Program)!, "SoonShop.*.dll")
                .Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal));

    private static string Program => Path.Combine(
        Repository.Root, "Orleans.PostgreSql", "sample",
        Path.GetRelativePath(Path.Combine(Repository.Root, "Tests"), AppContext.BaseDirectory), $"{Name}.dll");

    /// <summary>Runs the sample to its end; answers what it says of its grains, without Orleans' log.</summary>
    private static async Task<string[]> RunAsync(string database)
    {
        var output = await Repository.RunAsync(
            "dotnet", Program, $"--Database={database}", $"--SiloPort={TcpPort.Free()}", $"--GatewayPort={TcpPort.Free()}");
        return [.. output.Split('\n').Where(line =>
            line.StartsWith("In the cart", StringComparison.Ordinal) || line.StartsWith("Added", StringComparison.Ordinal))];
    }
}
