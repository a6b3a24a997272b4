using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Silo.Storage;

namespace SoonShop.Tests.Rules;

public sealed class StorageOptionsTests
{
    [Fact]
    public void the_defaults_need_only_a_database()
    {
        Assert.Empty(new StorageOptions().Problems());
        Assert.Single(Problems(_ => { }));
        Assert.Empty(Problems(o => o.ConnectionString = "Host=127.0.0.1;Database=shop"));
    }

    [Theory]
    [InlineData("Host=;Database=shop")]
    [InlineData("nonsense")]
    [InlineData(" ")]
    public void a_connection_string_must_say_where_the_database_is(string connectionString) =>
        Assert.Contains("ConnectionString", Assert.Single(Problems(o => o.ConnectionString = connectionString)), StringComparison.Ordinal);

    [Fact]
    public void everything_that_is_wrong_is_named_at_once()
    {
        var problems = Problems(o =>
        {
            o.StreamProvider = "";
            o.MaxBatchSize = 0;
            o.MaxBatchBytes = -1;
            o.MaxQueuedWrites = 2_000_000;
            o.MaxQueueTime = TimeSpan.Zero;
            o.CommandTimeout = TimeSpan.FromSeconds(1);
            o.LockTimeout = TimeSpan.FromSeconds(1);
            o.DrainTimeout = TimeSpan.FromDays(1);
        });
        Assert.Equal(8, problems.Count);
        Assert.All(
            [
                "DataSource", "StreamProvider", "MaxBatchSize", "MaxBatchBytes", "MaxQueuedWrites", "MaxQueueTime", "LockTimeout",
                "DrainTimeout",
            ],
            name => Assert.Contains(problems, p => p.Contains(name, StringComparison.Ordinal)));
    }

    private static List<string> Problems(Action<PostgresGrainStorageOptions> configure)
    {
        var options = new PostgresGrainStorageOptions();
        configure(options);
        return [.. new PostgresGrainStorageOptionsValidator(options, "test").Problems()];
    }
}
