using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RabbitMQ.Client;
using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.Silo.Events;
using SoonShop.Silo.RabbitMq;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.RabbitMq;

/// <summary>Committed events at a real broker, also while broker and publishers fail.</summary>
[Collection(nameof(RabbitMqServer))]
public sealed class PublisherTests(RabbitMqServer server) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);
    private readonly string name = $"t{Guid.NewGuid():N}"[..10];
    private readonly List<PublishingSilo> silos = [];
    private PostgresServer postgres = null!;
    private string connectionString = null!;
    private NpgsqlDataSource database = null!;

    public async ValueTask InitializeAsync()
    {
        postgres = await PostgresServer.SharedAsync();
        connectionString = await postgres.CreateShopDatabaseAsync();
        database = NpgsqlDataSource.Create(connectionString);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in silos)
            await silo.DisposeAsync();
        await database.DisposeAsync();
        await postgres.DropDatabaseAsync(connectionString);
    }

    [Fact]
    public async Task events_of_the_listed_types_are_persistent_cloud_events_without_personal_data()
    {
        await StartAsync(o => o.EventTypes = ["order.*", "inventory.adjusted", "user.password-changed"]);
        await using var broker = await BoundAsync("#");
        await CommitAsync("user.registered", "u1", 1, """{"userId":"u1","email":"ada@example.com"}""");
        await CommitAsync(
            "user.password-changed", "u1", 2, """{"userId":"6f1c1f5e-7a1f-4a7c-9a61-1c8d1d1f0001","email":"ada@example.com"}""");
        await CommitAsync("inventory.adjusted", "SKU-1", 1, """{"sku":"SKU-1","delta":3,"reason":"delivery","onHand":3,"reserved":0}""");
        var taken = await broker.TakeAsync(Queue, 2, Limit);

        Assert.Equal(["user.password-changed", "inventory.adjusted"], taken.Select(m => m.RoutingKey));
        var (user, stock) = (taken[0], taken[1]);
        Assert.Equal("""{"userId":"6f1c1f5e-7a1f-4a7c-9a61-1c8d1d1f0001"}""", user.Body);
        Assert.Equal(
            ("/test/SKU-1#1", "application/json", DeliveryModes.Persistent),
            (stock.Properties.MessageId, stock.Properties.ContentType, stock.Properties.DeliveryMode));
        Assert.Equal(3, JsonNode.Parse(stock.Body)!["delta"]!.GetValue<int>());
        Assert.Equal(
            ("1.0", "/test/SKU-1#1", "/test/SKU-1", "inventory.adjusted", "SKU-1", "1", "SKU-1"),
            (stock.Header("cloudEvents:specversion"), stock.Header("cloudEvents:id"), stock.Header("cloudEvents:source"),
                stock.Header("cloudEvents:type"),
                stock.Header("cloudEvents:subject"), stock.Header("cloudEvents:sequence"), stock.Header("cloudEvents:partitionkey")));
        Assert.InRange(
            DateTimeOffset.Parse(stock.Header("cloudEvents:time")!, null), DateTimeOffset.UtcNow.AddMinutes(-5),
            DateTimeOffset.UtcNow.AddMinutes(5));
    }

    [Fact]
    public async Task personal_data_is_published_where_it_is_configured_and_secrets_never_are()
    {
        await StartAsync(o => (o.EventTypes, o.IncludePersonalData) = (["user.*"], true));
        await using var broker = await BoundAsync("#");
        await CommitAsync("user.email-verification-requested", "u1", 1, """{"userId":"u1","email":"ada@example.com","token":"s3cret"}""");
        var data = JsonNode.Parse((await broker.TakeAsync(Queue, 1, Limit)).Single().Body)!;
        Assert.Equal("ada@example.com", data["email"]!.GetValue<string>());
        Assert.DoesNotContain("s3cret", data.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_no_queue_takes_goes_through_the_alternate_exchange_to_its_queue()
    {
        await StartAsync();
        await using var broker = await BoundAsync("order.*");
        await CommitAsync("inventory.low-stock", "SKU-1", 1, """{"sku":"SKU-1","available":1,"threshold":5}""");
        Assert.Equal("inventory.low-stock", (await broker.TakeAsync(Options().UnroutedQueue, 1, Limit)).Single().RoutingKey);
        Assert.Equal(0u, await broker.CountAsync(Queue));
    }

    [Fact]
    public async Task two_silos_send_each_event_in_the_order_of_its_key_though_commits_come_late_and_the_publisher_dies()
    {
        await StartAsync(Hurry);
        await StartAsync(Hurry);
        await using var broker = await BoundAsync("#");
        // It takes the first position, and commits last.
        await using var late = await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await late.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await CommitAsync("inventory.low-stock", "late", 1, "{}", late);
        await FlowAsync(async () =>
        {
            var owner = "";
            await Until.TrueAsync("a silo has the lease", Limit, async () =>
                (owner = await QueryAsync<string>("select coalesce(owner, '') from rabbitmq_cursor")).Length > 0);
            silos.Single(s => s.Owner == owner).CutOff();
            await Until.TrueAsync("the other silo publishes", Limit, async () =>
                await QueryAsync<string>("select coalesce(owner, '') from rabbitmq_cursor") is { Length: > 0 } now && now != owner);
        });
        await transaction.CommitAsync(TestContext.Current.CancellationToken);
        await AssertCompleteAsync(broker, also: "/test/late#1");
    }

    [Fact]
    public async Task a_broker_that_is_killed_and_comes_back_gets_every_event()
    {
        await StartAsync(Hurry);
        await using (await BoundAsync("#")) { }
        await FlowAsync(async () =>
        {
            await server.KillAsync();
            await server.StartAgainAsync();
        });
        await using var broker = await server.ConnectAsync();
        await AssertCompleteAsync(broker);
    }

    [Fact]
    public async Task a_broker_that_stops_answering_and_goes_on_gets_every_event()
    {
        await StartAsync(Hurry);
        await using (await BoundAsync("#")) { }
        await FlowAsync(async () =>
        {
            await server.PauseAsync();
            try
            {
                await Until.TrueAsync("the publisher gives the connection up", Limit, () => Task.FromResult(
                    silos[0].Log.Text.Contains("could not be sent to RabbitMQ", StringComparison.Ordinal)));
            }
            finally
            {
                await server.ContinueAsync();
            }
        });
        await using var broker = await server.ConnectAsync();
        await AssertCompleteAsync(broker);
    }

    [Fact]
    public async Task a_publisher_whose_lease_was_taken_over_moves_the_cursor_neither_back_nor_on()
    {
        var cursor = new PublisherCursor(database);
        var (time, none) = (TimeSpan.FromHours(1), TestContext.Current.CancellationToken);
        Assert.Null(await cursor.TryAcquireAsync("a", time, none));
        await cursor.KeepAsync(TimeSpan.FromDays(1), none);
        var first = (await cursor.TryAcquireAsync("a", time, none))!;
        Assert.Null(await cursor.TryAcquireAsync("b", time, none));
        // As if an hour had passed.
        await QueryAsync<bool>("update rabbitmq_cursor set leased_until = leased_until - interval '1 hour' returning true");
        var second = (await cursor.TryAcquireAsync("b", time, none))!;
        await second.AdvanceAsync(40, TimeSpan.Zero, none);
        await Assert.ThrowsAsync<LeaseLostException>(() => first.AdvanceAsync(50, TimeSpan.Zero, none));
        await first.ReleaseAsync(none);
        Assert.Equal("40 b", await QueryAsync<string>("select position || ' ' || owner from rabbitmq_cursor"));
    }

    [Fact]
    public async Task old_events_stay_until_they_are_sent_or_no_silo_uses_rabbitmq_any_more()
    {
        await CommitAsync("inventory.low-stock", "old", 1, "{}");
        await CommitAsync("inventory.low-stock", "old", 2, "{}");
        await QueryAsync<long>("""
            with e as (update event set time = now() - interval '40 days' returning 1),
                 q as (update stream_queue set watermark = 1000000 returning 1)
            select count(*) from e
            """);
        var housekeeping = new EventsHousekeeping(
            database, new PostgresErrorStore(database), Microsoft.Extensions.Options.Options.Create(new EventsOptions()),
            Microsoft.Extensions.Options.Options.Create(new NotificationsOptions()),
            NullLogger<EventsHousekeeping>.Instance);
        var cursor = new PublisherCursor(database);
        await cursor.KeepAsync(TimeSpan.FromDays(7), TestContext.Current.CancellationToken);
        await QueryAsync<long>("update rabbitmq_cursor set position = (select min(position) from event) returning position");
        await housekeeping.CleanAsync(TestContext.Current.CancellationToken);
        Assert.Equal("/test/old#2", await QueryAsync<string>("select string_agg(id, ',') from event"));
        var (unsent, lag) = await cursor.LagAsync(TestContext.Current.CancellationToken);
        Assert.Equal((1, true), (unsent, lag > TimeSpan.FromDays(39)));

        await QueryAsync<bool>("update rabbitmq_cursor set keep_until = now() returning true");
        await housekeeping.CleanAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0L, await QueryAsync<long>("select count(*) from event"));
    }

    [Fact]
    public async Task an_event_of_a_newer_version_waits_for_a_silo_that_knows_which_members_are_personal()
    {
        await StartAsync(o => o.EventTypes = ["order.*"]);
        await using var broker = await BoundAsync("#");
        await CommitAsync("order.teleported", "o1", 1, """{"email":"ada@example.com"}""");
        await Until.TrueAsync("the silo leaves it to others", Limit, () =>
            Task.FromResult(silos[0].Log.Text.Contains("order.teleported", StringComparison.Ordinal)));
        Assert.Equal(0u, await broker.CountAsync(Queue));
        Assert.Equal(1L, await QueryAsync<long>("select count(*) from event e, rabbitmq_cursor c where e.position > c.position"));
    }

    private string Queue => $"{name}.all";

    private RabbitMqOptions Options() => new()
    {
        Uri = server.Uri,
        Exchange = $"{name}.events",
        UnroutedQueue = $"{name}.unrouted",
        InboxQueue = $"{name}.inbox",
        RejectedQueue = $"{name}.rejected",
        BatchSize = 50,
        PollMilliseconds = 20,
        MaxBackoffSeconds = 1,
    };

    /// <summary>Failures are noticed soon. A broker that is merely slow then gets a batch twice.</summary>
    private static void Hurry(RabbitMqOptions options) =>
        (options.ConnectSeconds, options.ConfirmSeconds, options.LeaseSeconds) = (2, 1.5, 4);

    private async Task StartAsync(Action<RabbitMqOptions>? configure = null)
    {
        var options = Options();
        configure?.Invoke(options);
        silos.Add(await PublishingSilo.StartAsync(connectionString, options));
    }

    /// <summary>Waits until the exchange is there, and binds a queue to it.</summary>
    private async Task<TestBroker> BoundAsync(string pattern)
    {
        await Until.TrueAsync("a silo publishes", Limit, () => Task.FromResult(
            silos.Exists(s => s.Log.Text.Contains("publishes events to RabbitMQ", StringComparison.Ordinal))));
        var broker = await server.ConnectAsync();
        await broker.BindAsync(Queue, Options().Exchange, [pattern]);
        return broker;
    }

    private const int Keys = 8, Events = 150;

    /// <summary>Commits events of some keys side by side, in transactions of different lengths, and does something meanwhile.</summary>
    private async Task FlowAsync(Func<Task> meanwhile)
    {
        var half = new CountdownEvent(Keys);
        var go = new TaskCompletionSource();
        var writers = Enumerable.Range(0, Keys).Select(key => Task.Run(async () =>
        {
            for (var number = 1; number <= Events; number++)
            {
                await using var connection = await database.OpenConnectionAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                await CommitAsync("inventory.low-stock", $"K{key}", number, "{}", connection);
                if (number % 10 == key)
                    await Task.Delay(20);
                await transaction.CommitAsync();
                if (number == Events / 2 && half.Signal())
                    go.SetResult();
            }
        })).ToArray();
        await go.Task.InTimeAsync();
        await meanwhile();
        await Task.WhenAll(writers).EndsAsync("the commits", Limit);
    }

    /// <summary>Nothing is missing, and of each key, the first copies of events come in the order of their commits.</summary>
    private async Task AssertCompleteAsync(TestBroker broker, string? also = null)
    {
        string[] all =
        [
            .. Enumerable.Range(0, Keys).SelectMany(k => Enumerable.Range(1, Events).Select(n => $"/test/K{k}#{n}")),
            .. also is null ? [] : (string[])[also],
        ];
        var taken = (await broker.TakeAsync(Queue, all.Length, Limit)).Select(m => m.Properties.MessageId!).Distinct().ToArray();
        Assert.Equal(all.Order(StringComparer.Ordinal), taken.Order(StringComparer.Ordinal));
        foreach (var key in taken.Where(i => i != also).GroupBy(i => i.Split('#')[0]))
            Assert.Equal(Enumerable.Range(1, Events).Select(n => $"{key.Key}#{n}"), key);
        await Until.TrueAsync("the cursor has passed all", Limit, async () =>
            await QueryAsync<long>("select count(*) from event e, rabbitmq_cursor c where e.position > c.position") == 0);
    }

    private async Task CommitAsync(string type, string key, int number, string data, NpgsqlConnection? connection = null)
    {
        const string Sql = """
            select insert_events('shop', jsonb_build_array(jsonb_build_object(
              'id', '/test/' || $2 || '#' || $3, 'source', '/test/' || $2, 'sequence', $3, 'type', $1, 'subject', $2,
              'streamNamespace', 'inventory', 'streamKey', $2, 'time', clock_timestamp(), 'data', $4::jsonb)))
            """;
        await using var command = connection is null ? database.CreateCommand(Sql) : new NpgsqlCommand(Sql, connection);
        foreach (var value in (object[])[type, key, number, data])
            command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync();
    }

    private async Task<T> QueryAsync<T>(string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync() ?? throw new InvalidOperationException($"Nothing answers {sql}"));
    }
}
