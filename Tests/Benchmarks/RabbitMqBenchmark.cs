using System.Diagnostics;
using Npgsql;
using SoonShop.Silo.RabbitMq;
using SoonShop.Tests.RabbitMq;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// How many committed events a second one silo publishes, each confirmed by a real broker that writes it to disk for a durable queue, from
/// the event table to the cursor: small events, and orders whose personal data is left out. Broker, database and publisher share this
/// machine. <c>./test.sh bench RabbitMqBenchmark</c>
/// </summary>
[Collection(nameof(RabbitMqServer))]
public sealed class RabbitMqBenchmark(RabbitMqServer server, ITestOutputHelper output)
{
    private const int Events = 60_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private const string Order = """
        {"order":{"orderId":"6f1c1f5e-7a1f-4a7c-9a61-1c8d1d1f0001","number":"SO-2026-000123",
        "customerId":"6f1c1f5e-7a1f-4a7c-9a61-1c8d1d1f0002","email":"ada@example.com",
        "total":{"amount":4998,"currency":"USD"}},"lines":2,"subtotal":{"amount":4198,"currency":"USD"},
        "shipping":{"amount":500,"currency":"USD"},"tax":{"amount":300,"currency":"USD"},
        "discount":{"amount":0,"currency":"USD"},"taxIncluded":false}
        """;

    [Theory(Explicit = true)]
    [InlineData("inventory.low-stock", """{"sku":"COFFEE-HOUSE-1KG","available":3,"threshold":5}""", "classic")]
    [InlineData("order.confirmed", Order, "classic")]
    [InlineData("order.confirmed", Order, "quorum")]
    public async Task events_published_with_confirms(string type, string data, string queueType)
    {
        var name = $"b{Guid.NewGuid():N}"[..10];
        var options = new RabbitMqOptions
        {
            Uri = server.Uri,
            Exchange = $"{name}.events",
            UnroutedQueue = $"{name}.unrouted",
            InboxQueue = $"{name}.inbox",
            RejectedQueue = $"{name}.rejected",
        };
        var postgres = await PostgresServer.SharedAsync();
        var connectionString = await postgres.CreateShopDatabaseAsync();
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var broker = await server.ConnectAsync();
        await using (await BrokerConnection.OpenAsync(options, "benchmark", TestContext.Current.CancellationToken)) { }
        await broker.BindAsync($"{name}.all", $"{name}.events", ["#"], queueType);
        await FillAsync(database, type, data);
        var clock = Stopwatch.StartNew();
        await using (await PublishingSilo.StartAsync(connectionString, options))
        {
            await Until.TrueAsync("all are sent", Limit, async () =>
                await QueryAsync(database, "select count(*) from event e, rabbitmq_cursor c where e.position > coalesce(c.position, 0)")
                    == 0);
        }
        var rate = Events / clock.Elapsed.TotalSeconds;
        Assert.Equal((uint)Events, await broker.CountAsync($"{name}.all"));
        output.WriteLine(
            $"{type}, {data.Length} bytes, {queueType} queue: {rate:N0} events/s, each confirmed, in batches of {options.BatchSize}");
        await broker.Channel.QueueDeleteAsync(
            $"{name}.all", ifUnused: false, ifEmpty: false, cancellationToken: TestContext.Current.CancellationToken);
        await postgres.DropDatabaseAsync(connectionString);
    }

    private static async Task FillAsync(NpgsqlDataSource database, string type, string data)
    {
        await using var command = database.CreateCommand("""
            insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time, correlation_id,
                traceparent, data, queue)
            select '/bench/k' || n % 500 || '#' || n, '/bench/k' || n % 500, n, $1, 'k' || n % 500, 'inventory', 'k' || n % 500, now(),
                   '0af7651916cd43dd8448eb211c80319c', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', $2::jsonb, 1
            from generate_series(1, $3) n
            """);
        foreach (var value in (object[])[type, data, Events])
            command.Parameters.Add(new() { Value = value });
        command.CommandTimeout = 120;
        await command.ExecuteNonQueryAsync();
        await QueryAsync(database, "update rabbitmq_cursor set position = 0 returning position");
    }

    private static async Task<long> QueryAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
