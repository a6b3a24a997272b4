using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Configuration;
using Orleans.Streams;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Streams;

/// <summary>Whatever happens, events reach their consumers, or are put aside, and nobody waits for a neighbour.</summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    private readonly string run = Guid.NewGuid().ToString("N")[..8];
    private readonly Undelivered undelivered = new();
    private StreamDatabase database = null!;

    public async ValueTask InitializeAsync() => database = await StreamDatabase.CreateAsync();

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task what_is_published_arrives_in_order_and_not_again_after_a_restart()
    {
        var key = $"a-{run}";
        await using (var silo = await StartAsync())
        {
            for (var i = 0; i < 20; i++)
                await PublishAsync(silo, key, i);
            await Arrivals.AreAsync(key, 20);
            await database.IsDrainedAsync();
        }
        await using (var silo = await StartAsync())
        {
            await PublishAsync(silo, key, 20);
            await Arrivals.AreAsync(key, 21);
        }
        Assert.Equal(Numbers(21), Arrivals.Of(key));
    }

    [Fact]
    public async Task committed_events_arrive_as_cloud_events_and_scheduled_ones_when_they_are_due()
    {
        await using var silo = await StartAsync();
        var key = $"committed-{run}";
        await CommitAsync("now", key);
        await CommitAsync("later", key, notBefore: DateTimeOffset.UtcNow.AddHours(1));
        await CommitAsync("soon", key);
        await Arrivals.AreAsync(key, 2);
        Assert.Equal(1L, await database.QueryAsync<long>("select count(*) from event where due_at is not null"));
        await database.QueryAsync<int>("update event set due_at = clock_timestamp() where due_at is not null returning 1");
        await Arrivals.AreAsync(key, 3);
        Assert.Equal(["now", "soon", "later"], Arrivals.Of(key));
        await database.IsDrainedAsync();
    }

    [Fact]
    public async Task what_commits_late_is_delivered_and_holds_nobody_up()
    {
        await using var silo = await StartAsync();
        var (late, other) = ($"late-{run}", $"other-{run}");
        await using var connection = await database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using (var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await CommitAsync("low", late, connection: connection);
            // All queues go on, past the position that is taken and not to be seen.
            for (var i = 0; i < 40; i++)
                await CommitAsync($"{i}", $"{other}-{i % 8}");
            for (var i = 0; i < 8; i++)
                await Arrivals.AreAsync($"{other}-{i}", 5);
            await Task.Delay(1000, TestContext.Current.CancellationToken);
            Assert.Empty(Arrivals.Of(late));
            await transaction.CommitAsync(TestContext.Current.CancellationToken);
        }
        await Arrivals.AreAsync(late, 1);
        await database.IsDrainedAsync();
        Assert.Equal(["low"], Arrivals.Of(late));
        Assert.Equal(Enumerable.Repeat(5, 8), Enumerable.Range(0, 8).Select(i => Arrivals.CountOf($"{other}-{i}")));
    }

    /// <summary>A transaction that takes its time takes its events' places in the queue first, and shows them last.</summary>
    [Fact]
    public async Task what_follows_a_long_transaction_in_its_stream_does_not_overtake_it()
    {
        await using var silo = await StartAsync(o => o.Queues = 1);
        for (var round = 0; round < 5; round++)
        {
            var (key, other) = ($"long-{round}-{run}", $"short-{round}-{run}");
            await using (var connection = await database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken))
            await using (var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken))
            {
                await CommitAsync($"first {round}", key, connection: connection, notify: false);
                await CommitAsync($"other {round}", other);
                await Arrivals.AreAsync(other, 1);
                // Long enough for the reader not to look at that place with every read.
                await Task.Delay(500, TestContext.Current.CancellationToken);
                await transaction.CommitAsync(TestContext.Current.CancellationToken);
            }
            await CommitAsync($"second {round}", key);
            await Arrivals.AreAsync(key, 2);
            Assert.Equal([$"first {round}", $"second {round}"], Arrivals.Of(key));
        }
        await database.IsDrainedAsync();
    }

    [Fact]
    public async Task a_stuck_consumer_delays_neither_delivery_nor_acknowledgement_of_other_streams()
    {
        await using var silo = await StartAsync(o => o.Queues = 1);
        var (stuck, other) = ($"stuck-{run}", $"b-{run}");
        await PublishAsync(silo, stuck, 0);
        for (var i = 0; i < 50; i++)
            await PublishAsync(silo, other, i);
        await Arrivals.AreAsync(other, 50);
        await Running.Until.TrueAsync(
            "all but one are acknowledged", TimeSpan.FromSeconds(20), async () => await database.PendingAsync() == 1);
        Arrivals.GateOf(stuck).SetResult();
        await Arrivals.AreAsync(stuck, 1);
        await database.IsDrainedAsync();
    }

    [Fact]
    public async Task a_gauge_shows_what_is_pending_in_each_queue()
    {
        await using var silo = await StartAsync(o => o.Queues = 2);
        var pending = new Dictionary<object, int>();
        using var listener = new MeterListener
        {
            // Silos of other tests have meters of the same name.
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "soonshop.streams.pending"
                    && instrument.Meter.Scope == silo.Services.GetRequiredService<IMeterFactory>())
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) =>
        {
            Assert.Equal(("provider", StreamSilo.Provider), (tags[0].Key, (string)tags[0].Value!));
            pending[tags[1].Value!] = value;
        });
        listener.Start();
        var key = $"stuck-{run}";
        for (var i = 0; i < 3; i++)
            await PublishAsync(silo, key, i);
        await Running.Until.TrueAsync("three events are pending", TimeSpan.FromSeconds(30), () => ShowsAsync(0, 3));
        Arrivals.GateOf(key).SetResult();
        await Running.Until.TrueAsync("none is", TimeSpan.FromSeconds(30), () => ShowsAsync(0, 0));

        Task<bool> ShowsAsync(params int[] counts)
        {
            listener.RecordObservableInstruments();
            return Task.FromResult(pending.Values.Order().SequenceEqual(counts));
        }
    }

    [Fact]
    public async Task a_stuck_stream_does_not_fill_the_memory_and_keeps_its_order()
    {
        await using var silo = await StartAsync(o => (o.Queues, o.ReadEvents, o.MaxPendingEvents, o.MaxPendingPerStream) = (1, 16, 64, 8));
        var (stuck, other) = ($"stuck-{run}", $"b-{run}");
        for (var i = 0; i < 200; i++)
            await PublishAsync(silo, stuck, i);
        for (var i = 0; i < 200; i++)
            await PublishAsync(silo, other, i);
        await Arrivals.AreAsync(other, 200);
        Arrivals.GateOf(stuck).SetResult();
        await Arrivals.AreAsync(stuck, 200);
        await database.IsDrainedAsync();
        Assert.Equal(Numbers(200), Arrivals.Of(stuck));
        Assert.Equal(Numbers(200), Arrivals.Of(other));
    }

    /// <summary>
    /// The agent reads nothing more of the queue until the consumer has said where it stands; it must be let in for that.
    /// </summary>
    [Fact]
    public async Task a_consumer_that_is_busy_with_one_stream_holds_up_no_other_and_still_gets_its_second_stream()
    {
        await using var silo = await StartAsync(o => (o.Queues, o.ConsumerPatience) = (1, TimeSpan.FromSeconds(4)));
        var (busy, dead) = ($"busy-{run}", $"dead-{run}");
        await silo.Streams.GetStream<PlainEvent>("busy-a", busy).OnNextAsync(new PlainEvent(1));
        await Arrivals.AreAsync($"{busy} begun", 1);
        await silo.Streams.GetStream<PlainEvent>("busy-b", busy).OnNextAsync(new PlainEvent(2));
        // Streams that are new to the agent, of the same queue, one after the other.
        for (var i = 0; i < 20; i++)
        {
            await PublishAsync(silo, $"g{i}-{run}", i);
            await Arrivals.AreAsync($"g{i}-{run}", 1);
        }
        Assert.Equal(0, Arrivals.CountOf(busy));
        // When the patience with this one has ended, that with the busy one would have, too.
        await PublishAsync(silo, dead, 0);
        await undelivered.HasAsync(dead, 1);
        Assert.Empty(undelivered.Of(busy));
        Arrivals.GateOf(busy).SetResult();
        await Arrivals.AreAsync(busy, 2);
        await database.IsDrainedAsync();
        Assert.Equal(["busy-a 1", "busy-b 2"], Arrivals.Of(busy).Order());
        Assert.Empty(undelivered.Of(busy));
    }

    [Fact]
    public async Task what_cannot_be_read_is_put_aside_and_its_neighbours_are_on_time()
    {
        await using var silo = await StartAsync(o => o.Queues = 1);
        var key = $"p-{run}";
        undelivered.Failures = 2;
        await PublishAsync(silo, key, 0);
        await database.QueryAsync<int[]>(
            "select publish_events($1, $2, $3, $4, $5, $6)", StreamSilo.Provider, new[] { $"poison-{run}" }, new[] { "poison" },
            new[] { "plain" }, new[] { key }, new[] { new byte[] { 255, 255, 255, 7 } });
        await PublishAsync(silo, key, 1);
        await Arrivals.AreAsync(key, 2);
        await undelivered.HasAsync(key, 1);
        await database.IsDrainedAsync();
        var poison = Assert.Single(undelivered.All);
        Assert.Equal((UndeliveredReason.Unreadable, $"poison-{run}", "poison"), (poison.Reason, poison.EventId, poison.EventType));
        Assert.NotNull(poison.Error);
        Assert.Equal(Numbers(2), Arrivals.Of(key));
    }

    [Fact]
    public async Task events_of_a_consumer_that_cannot_be_activated_are_put_aside_and_delay_nobody()
    {
        PostgresStreamOptions options = null!;
        await using var silo = await StartAsync(o => (options = o).Queues = 1);
        var (dead, other) = ($"dead-{run}", $"c-{run}");
        await PublishAsync(silo, dead, 0);
        await PublishAsync(silo, other, 0);
        await Arrivals.AreAsync(other, 1);
        Assert.Empty(undelivered.All);
        // Until here the patience was long, so that the neighbour cannot have waited for its end.
        options.ConsumerPatience = TimeSpan.FromSeconds(2);
        await PublishAsync(silo, dead, 1);
        await undelivered.HasAsync(dead, 2);
        await PublishAsync(silo, dead, 2);
        await undelivered.HasAsync(dead, 3);
        await database.IsDrainedAsync();
        Assert.All(undelivered.Of(dead), u =>
        {
            Assert.Equal(UndeliveredReason.ConsumerUnavailable, u.Reason);
            Assert.Equal($"test-implicit/{dead}", Assert.Single(u.Consumers).ToString());
        });
        Assert.Equal([0, 1, 2], undelivered.Of(dead).Select(u => ((PlainEvent)u.Events[0]).Number).Order());
    }

    [Fact]
    public async Task what_a_consumer_keeps_refusing_is_put_aside_with_its_name()
    {
        await using var silo = await StartAsync(stream: s => s.ConfigurePullingAgent(
            a => a.Configure((StreamPullingAgentOptions o) => o.MaxEventDeliveryTime = TimeSpan.FromSeconds(3))));
        var key = $"failing-{run}";
        await PublishAsync(silo, key, 0);
        await PublishAsync(silo, key, 1);
        await undelivered.HasAsync(key, 2);
        await database.IsDrainedAsync();
        Assert.All(undelivered.Of(key), u =>
        {
            Assert.Equal(UndeliveredReason.DeliveryFailed, u.Reason);
            Assert.NotNull(u.SubscriptionId);
            Assert.Equal($"test-implicit/{key}", Assert.Single(u.Consumers).ToString());
        });
    }

    [Fact]
    public async Task without_another_place_undelivered_events_stand_in_a_table()
    {
        await using var silo = await StreamSilo.StartAsync(database, o => o.ConsumerPatience = TimeSpan.FromSeconds(2));
        var key = $"dead-{run}";
        await PublishAsync(silo, key, 0);
        await database.IsDrainedAsync();
        Assert.Equal(
            "ConsumerUnavailable", await database.QueryAsync<string>("select reason from stream_undelivered where stream_key = $1", key));
    }

    [Fact]
    public async Task an_event_without_a_consumer_is_done_with()
    {
        await using var silo = await StartAsync();
        await silo.Streams.GetStream<PlainEvent>("nobody", run).OnNextAsync(new PlainEvent(1));
        await database.IsDrainedAsync();
        Assert.Empty(undelivered.All);
    }

    [Fact]
    public async Task a_new_owner_delivers_what_was_not_acknowledged_and_the_old_one_writes_no_more()
    {
        await using var old = await StartAsync(o => (o.Queues, o.ReclaimAfter) = (1, TimeSpan.FromHours(1)));
        var (done, stuck) = ($"d-{run}", $"stuck-{run}");
        for (var i = 0; i < 10; i++)
            await PublishAsync(old, done, i);
        await PublishAsync(old, stuck, 0);
        await Arrivals.AreAsync(done, 10);
        await Running.Until.TrueAsync(
            "all but one are acknowledged", TimeSpan.FromSeconds(20), async () => await database.PendingAsync() == 1);
        // A cluster of its own: the old owner is not told.
        await using var fresh = await StartAsync(o => o.Queues = 1);
        Task<long> EpochAsync() =>
            database.QueryAsync<long>($"select max(epoch) from stream_queue where provider = '{StreamSilo.Provider}'");
        // Until it has taken the queue, the old one's acknowledgement counts.
        await Running.Until.TrueAsync("the new owner has the queue", TimeSpan.FromSeconds(60), async () => await EpochAsync() == 2);
        Arrivals.GateOf(stuck).SetResult();
        await Arrivals.AreAsync(stuck, 2);
        await database.IsDrainedAsync();
        Assert.Equal(Numbers(10), Arrivals.Of(done));
        Assert.Equal(["0", "0"], Arrivals.Of(stuck));
        Assert.Equal(2L, await EpochAsync());
    }

    [Fact]
    public async Task two_silos_share_the_queues_and_one_goes_on_when_the_other_stops()
    {
        var (port, gateway) = (TcpPort.Free(), TcpPort.Free());
        await using var first = await StartAsync(siloPort: port, gatewayPort: gateway);
        var second = await StartAsync(primaryPort: port);
        var keys = Enumerable.Range(0, 32).Select(i => $"e{i}-{run}").ToArray();
        foreach (var key in keys)
            await PublishAsync(first, key, 0);
        foreach (var key in keys)
            await Arrivals.AreAsync(key, 1);
        await second.DisposeAsync();
        foreach (var key in keys)
            await PublishAsync(first, key, 1);
        foreach (var key in keys)
            await Arrivals.AreAsync(key, 2);
        await database.IsDrainedAsync();
        Assert.All(keys, key => Assert.Equal(["0", "1"], Arrivals.Of(key).Distinct()));
        Assert.Empty(undelivered.All);
    }

    [Fact]
    public async Task the_number_of_queues_can_change_while_nobody_reads_and_nothing_is_lost()
    {
        var keys = Enumerable.Range(0, 24).Select(i => $"f{i}-{run}").ToArray();
        await using (var silo = await StartAsync())
        {
            await CommitAsync("0", keys[0]);
            await Arrivals.AreAsync(keys[0], 1);
            await database.IsDrainedAsync();
            var refused = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(o => o.Queues = 3));
            Assert.Contains(
                "has 4 queues, and other silos work with them; this one is set to 3", refused.ToString(), StringComparison.Ordinal);
        }
        foreach (var queues in new[] { 3, 9 })
        {
            foreach (var key in keys)
                await CommitAsync($"{key}/{queues}", key);
            await CommitAsync($"due/{queues}", $"due{queues}-{run}", notBefore: DateTimeOffset.UtcNow.AddSeconds(1));
            await using var silo = await StartAsync(o => o.Queues = queues);
            foreach (var key in keys)
                await Running.Until.TrueAsync(
                    "arrived", TimeSpan.FromSeconds(30), () => Task.FromResult(Arrivals.Of(key).Contains($"{key}/{queues}")));
            await Arrivals.AreAsync($"due{queues}-{run}", 1);
            await database.IsDrainedAsync();
        }
        Assert.Equal(["0", $"{keys[0]}/3", $"{keys[0]}/9"], Arrivals.Of(keys[0]));
        Assert.All(keys.Skip(1), key => Assert.Equal([$"{key}/3", $"{key}/9"], Arrivals.Of(key)));
    }

    [Fact]
    public async Task silo_and_database_agree_on_the_queue_of_a_stream()
    {
        await using var silo = await StartAsync(o => o.Queues = 7);
        foreach (var (ns, key) in new[] { ("order", "42"), ("", "x"), ("ä/ö", "日本"), ("plain", run) })
        {
            Assert.Equal(
                QueueMapper.NumberOf(ns, key, 7),
                await database.QueryAsync<int>(
                    "select number from stream_queue where id = stream_queue_of($1, $2, $3)", StreamSilo.Provider, ns, key));
            // Group commit does not call the function, which would be slow there.
            Assert.Equal(QueueMapper.NumberOf(ns, key, 7), await database.QueryAsync<int>("select stream_hash($1, $2) % 7", ns, key));
        }
    }

    private static IEnumerable<string> Numbers(int count) => Enumerable.Range(0, count).Select(i => $"{i}");

    private static Task PublishAsync(StreamSilo silo, string key, int number) =>
        silo.Streams.GetStream<PlainEvent>("plain", key).OnNextAsync(new PlainEvent(number));

    private Task<StreamSilo> StartAsync(
        Action<PostgresStreamOptions>? options = null, Action<ISiloPersistentStreamConfigurator>? stream = null, int? siloPort = null,
        int? primaryPort = null, int? gatewayPort = null) =>
        StreamSilo.StartAsync(
            database, options, s => s.Services.AddKeyedSingleton<IUndeliveredEvents>(StreamSilo.Provider, undelivered), stream,
            siloPort: siloPort, primaryPort: primaryPort, gatewayPort: gatewayPort);

    /// <summary>Commits an event as grain storage does.</summary>
    private async Task CommitAsync(
        string id, string key, DateTimeOffset? notBefore = null, NpgsqlConnection? connection = null, bool notify = true)
    {
        var json = System.Text.Json.JsonSerializer.Serialize(new[]
        {
            new
            {
                id, source = $"/test/{id}", sequence = 1, type = "test", subject = key, streamNamespace = "committed", streamKey = key,
                time = DateTimeOffset.UtcNow, notBefore, data = new { },
            },
        });
        await using var command = database.Source.CreateCommand();
        await using var own = new NpgsqlCommand("", connection);
        NpgsqlCommand chosen = connection is null ? command : own;
        chosen.CommandText = notify
            ? "select pg_notify('soonshop_events', array_to_string(insert_events($1, $2::jsonb), ','))"
            : "select insert_events($1, $2::jsonb)";
        chosen.Parameters.Add(new() { Value = StreamSilo.Provider });
        chosen.Parameters.Add(new() { Value = json });
        await chosen.ExecuteNonQueryAsync();
    }
}
