using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Streams;
using Orleans.Streams.Core;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Streams;

/// <summary>What waits in great numbers costs no more than it must.</summary>
public sealed class BacklogTests : IAsyncLifetime
{
    private readonly string run = Guid.NewGuid().ToString("N")[..8];
    private readonly Undelivered undelivered = new();
    private StreamDatabase database = null!;

    public async ValueTask InitializeAsync() => database = await StreamDatabase.CreateAsync();

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task after_a_backlog_consumers_are_woken_some_at_a_time_and_none_is_given_up_for_want_of_a_turn()
    {
        const int Streams = 1500;
        // The last ones wait for their turn longer than the patience is.
        await using var silo = await StreamSilo.StartAsync(
            database, o => (o.Queues, o.ConsumerPatience) = (1, TimeSpan.FromSeconds(10)),
            s => s.Services.AddKeyedSingleton<IUndeliveredEvents>(StreamSilo.Provider, undelivered));
        await using (var command = database.Source.CreateCommand("""
            select insert_events($1, jsonb_agg(jsonb_build_object(
              'id', 'b' || n, 'source', '/test/b' || n, 'sequence', 1, 'type', 'test', 'subject', '', 'streamNamespace', 'slow-start',
              'streamKey', $2 || '-' || n, 'time', now(), 'data', '{}'::jsonb))) from generate_series(1, $3) n
            """))
        {
            command.Parameters.Add(new() { Value = StreamSilo.Provider });
            command.Parameters.Add(new() { Value = run });
            command.Parameters.Add(new() { Value = Streams });
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        await Until.TrueAsync(
            "all arrived", TimeSpan.FromSeconds(90), () => Task.FromResult(SlowStarter.Arrived(run) + undelivered.All.Count >= Streams));
        Assert.Empty(undelivered.All);
        Assert.InRange(SlowStarter.Most, 2, 128);
    }

    [Fact]
    public async Task looking_for_scheduled_events_takes_no_transaction_id_when_none_is_due()
    {
        await database.QueryAsync<bool>("select ensure_stream_queues('test', 2) is not null");
        await ScheduleAsync(3, TimeSpan.FromHours(1), TimeSpan.Zero);
        await using var connection = await database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var look = new NpgsqlCommand("select released = 0 and next_ms > 3000000 from release_events('test', 10)", connection);
        Assert.True((bool)(await look.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);
        await using var ask = new NpgsqlCommand("select pg_current_xact_id_if_assigned() is null", connection);
        Assert.True((bool)(await ask.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);
    }

    [Fact]
    public async Task scheduled_events_that_fall_due_one_after_the_other_are_released_together()
    {
        await using var silo = await StreamSilo.StartAsync(database, o => o.Queues = 2);
        await ScheduleAsync(300, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(10));
        await Until.TrueAsync("all are released", TimeSpan.FromSeconds(60), async () =>
            await database.QueryAsync<long>("select count(*) from event where due_at is not null") == 0);
        // Three seconds of them: a release each would be 300 commits.
        Assert.InRange(await database.QueryAsync<long>("select count(distinct xmin::text) from event where type = 'scheduled'"), 1, 30);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_transaction_that_somebody_has_forgotten_holds_up_nothing_unless_it_has_written_events(bool elsewhere)
    {
        var server = await PostgresServer.SharedAsync();
        var other = elsewhere ? await server.CreateDatabaseAsync() : database.ConnectionString;
        await using (var forgotten = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(other) { Pooling = false }.ConnectionString))
        {
            await forgotten.OpenAsync(TestContext.Current.CancellationToken);
            await using var transaction = await forgotten.BeginTransactionAsync(TestContext.Current.CancellationToken);
            await using (var work = new NpgsqlCommand("create table forgotten (id int); select pg_current_xact_id()", forgotten))
                await work.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            await using var silo = await StreamSilo.StartAsync(database, o => o.Queues = 1);
            for (var i = 0; i < 20; i++)
                await silo.Streams.GetStream<PlainEvent>("plain", $"a-{run}").OnNextAsync(new PlainEvent(i));
            await Until.TrueAsync("the watermark passes them", TimeSpan.FromSeconds(30), () => database.QueryAsync<bool>(
                "select watermark >= (select max(position) from event) and isempty(done_ranges) from stream_queue where provider = "
                    + "'test'"));
        }
        if (elsewhere)
            await server.DropDatabaseAsync(other);
    }

    /// <summary>A coordinator that was lost leaves it behind: no connection holds it, and it outlives the server.</summary>
    [Fact]
    public async Task a_prepared_transaction_that_somebody_has_forgotten_holds_up_nothing_unless_it_has_written_events()
    {
        var server = await PostgresServer.StartAsync("prepared");
        await using (var administrator = new NpgsqlConnection(server.AdministratorConnectionString))
        {
            await administrator.OpenAsync(TestContext.Current.CancellationToken);
            await ExecuteAsync(administrator, "alter system set max_prepared_transactions = 10");
        }
        await server.RestartAsync("fast");
        await using (var ours = await StreamDatabase.CreateAsync(server))
        {
            var other = await server.CreateDatabaseAsync();
            await PrepareAsync(other, "elsewhere", "create table forgotten (id int)");
            await PrepareAsync(ours.ConnectionString, "bystander", "create table forgotten (id int)");
            await using (var silo = await StreamSilo.StartAsync(ours, o => o.Queues = 1))
            {
                for (var i = 0; i < 20; i++)
                    await PublishAsync(silo, $"p-{run}", i);
                Task<bool> IsPastAsync() => ours.QueryAsync<bool>(
                    "select watermark >= (select max(position) from event) and isempty(done_ranges) from stream_queue where provider = "
                        + "'test'");
                await Until.TrueAsync("the watermark passes them", TimeSpan.FromSeconds(30), IsPastAsync);
                Assert.Equal(20, Arrivals.CountOf($"p-{run}"));

                // What it has written may still come: the watermark waits, and what comes after it is read all the same.
                await PrepareAsync(
                    ours.ConnectionString, "writer",
                    $"select publish_events('test', array['w-{run}'], array['t'], array['plain'], array['w-{run}'], array['x'::bytea])");
                await PublishAsync(silo, $"p-{run}", 20);
                await Arrivals.AreAsync($"p-{run}", 21);
                Assert.False(await IsPastAsync());
                await using var end = new NpgsqlConnection(ours.ConnectionString);
                await end.OpenAsync(TestContext.Current.CancellationToken);
                await ExecuteAsync(end, "rollback prepared 'writer'");
                await Until.TrueAsync("the watermark passes it", TimeSpan.FromSeconds(30), IsPastAsync);
                await ExecuteAsync(end, "rollback prepared 'bystander'");
            }
            await using var elsewhere = new NpgsqlConnection(other);
            await elsewhere.OpenAsync(TestContext.Current.CancellationToken);
            await ExecuteAsync(elsewhere, "rollback prepared 'elsewhere'");
        }
        await server.StopAsync();

        async Task PrepareAsync(string connectionString, string name, string work)
        {
            await using var connection = new NpgsqlConnection(
                new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            foreach (var sql in (string[])["begin", work, $"prepare transaction '{name}'"])
                await ExecuteAsync(connection, sql);
        }
    }

    /// <summary>Two providers with names of their own on one database, of which each has the same stream.</summary>
    [Fact]
    public async Task two_named_providers_on_one_database_share_no_events()
    {
        await using var silo = await StreamSilo.StartAsync(database, o => o.Queues = 2, s => s
            .AddPostgresStreams("other", o => (o.ConnectionString, o.Queues) = (database.ConnectionString, 2)));
        var (key, names) = ($"named-{run}", (string[])[StreamSilo.Provider, "other"]);
        foreach (var name in names)
        {
            await silo.Client.GetStreamProvider(name).GetStream<PlainEvent>("loose", key).SubscribeAsync((e, _) =>
            {
                Arrivals.Add($"{name} {key}", $"{e.Number}");
                return Task.CompletedTask;
            });
        }
        for (var i = 0; i < 10; i++)
            await silo.Client.GetStreamProvider(names[i % 2]).GetStream<PlainEvent>("loose", key).OnNextAsync(new PlainEvent(i));
        await Arrivals.AreAsync($"{names[0]} {key}", 5);
        await Arrivals.AreAsync($"{names[1]} {key}", 5);
        await Until.TrueAsync("everything is acknowledged", TimeSpan.FromSeconds(30), () =>
            database.QueryAsync<bool>("select sum(depth) = 0 from stream_lag where provider in ('test', 'other')"));
        Assert.Equal(["0", "2", "4", "6", "8"], Arrivals.Of($"{names[0]} {key}"));
        Assert.Equal(["1", "3", "5", "7", "9"], Arrivals.Of($"{names[1]} {key}"));
        Assert.Equal("other 5, test 5", await database.QueryAsync<string>(
            "select string_agg(provider || ' ' || n, ', ' order by provider) from (select q.provider, count(*) as n from event e join "
                + "stream_queue q on q.id = e.queue group by 1) c"));
    }

    [Fact]
    public async Task what_is_done_around_a_stuck_event_is_told_as_ranges_and_not_delivered_again_by_another_silo()
    {
        var (stuck, busy) = ($"stuck-{run}", $"busy-{run}");
        await using (var silo = await StreamSilo.StartAsync(database, o => o.Queues = 1))
        {
            await PublishAsync(silo, busy, 0);
            await PublishAsync(silo, stuck, 0);
            for (var i = 1; i <= 200; i++)
                await PublishAsync(silo, busy, i);
            await Arrivals.AreAsync(busy, 201);
            await Until.TrueAsync("they are acknowledged", TimeSpan.FromSeconds(30), async () => await database.PendingAsync() == 1);
            await Until.TrueAsync("as ranges", TimeSpan.FromSeconds(30), () => database.QueryAsync<bool>(
                "select (select count(*) from unnest(done_ranges)) between 1 and 5 and done = '{}' from stream_queue where provider = "
                    + "'test'"));
        }
        Assert.Equal(0, Arrivals.CountOf(stuck));
        Arrivals.GateOf(stuck).TrySetResult();
        await using (var silo = await StreamSilo.StartAsync(database, o => o.Queues = 1))
        {
            await PublishAsync(silo, busy, 201);
            await Arrivals.AreAsync(busy, 202);
            await database.IsDrainedAsync();
        }
        Assert.Equal(202, Arrivals.CountOf(busy));
    }

    [Fact]
    public async Task what_a_silo_of_the_version_before_was_done_with_is_not_delivered_again()
    {
        await database.QueryAsync<bool>("select ensure_stream_queues('test', 1) is not null");
        await database.QueryAsync<bool>("""
            select insert_events('test', jsonb_agg(jsonb_build_object('id', 'o' || n, 'source', '/test/o' || n, 'sequence', 1, 'type',
                'test', 'subject', '',
              'streamNamespace', 'committed', 'streamKey', $1, 'time', now(), 'data', '{}'::jsonb))) is not null
                  from generate_series(1, 5) n
            """, $"old-{run}");
        await database.QueryAsync<int>(
            "update stream_queue set done = array(select position from event where id in ('o2', 'o4')) where provider = 'test' returning "
                + "cardinality(done)");
        await using var silo = await StreamSilo.StartAsync(database, o => o.Queues = 1);
        await Arrivals.AreAsync($"old-{run}", 3);
        await database.IsDrainedAsync();
        Assert.Equal(["o1", "o3", "o5"], Arrivals.Of($"old-{run}"));
    }

    /// <summary>While a backup's snapshot is open, no version of these rows can be removed; there are two a second.</summary>
    [Theory]
    [InlineData("select insert_events('shop', '[{\"id\": \"a\", \"source\": \"/a\", \"sequence\": 1, \"type\": \"t\", \"subject\": \"\", "
        + "\"streamNamespace\": \"n\", \"streamKey\": \"k\", \"time\": \"2026-01-01\", \"data\": {}}]') is not null")]
    [InlineData("select publish_events('shop', '{a}', '{t}', '{n}', '{k}', '{x}') is not null")]
    [InlineData("select cardinality(ids) = 1 from accept_events('shop', '{a}', '{/a}', '{t}', '{s}', '{n}', '{k}', '{2026-01-01}', "
        + "'{null}', '{null}', '{null}', array['{}'::jsonb])")]
    [InlineData("""
        select queues is not null from write_grain_states('{other}', '{k}', '{0}', '{x}', array[null::jsonb], 'shop', '{1}', '{a}', '{/a}',
            '{1}', '{t}', '{s}', '{n}', '{k}',
          '{2026-01-01}', '{null}', '{null}', '{null}', '{null}', array['{}'::jsonb], '{}', '{}', '{}', '{}', '{}', '{}',
          '{}', '{}', '{}', '{}')
        """)]
    public async Task nothing_that_is_done_for_an_event_looks_at_the_rows_that_acknowledgements_change(string sql)
    {
        await using var shop = await StreamDatabase.CreateForShopAsync();
        await using var connection = await shop.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var write = new NpgsqlCommand(sql, connection);
        Assert.True((bool)(await write.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);
        await using var locks = new NpgsqlCommand(
            "select count(*) filter (where relation = 'event'::regclass) > 0 and count(*) filter (where relation = "
                + "'stream_queue'::regclass) = 0 from pg_locks where pid = pg_backend_pid()",
            connection);
        Assert.True((bool)(await locks.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static Task PublishAsync(StreamSilo silo, string key, int number) =>
        silo.Streams.GetStream<PlainEvent>("plain", key).OnNextAsync(new PlainEvent(number));

    /// <summary>Schedules events, the first one in a while, the others a step apart.</summary>
    private async Task ScheduleAsync(int count, TimeSpan first, TimeSpan step)
    {
        await using var command = database.Source.CreateCommand("""
            insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time, data, due_at, queue)
            select 's' || n, '/test/s' || n, 1, 'scheduled', '', 'nobody', $4 || n, now(), '{}', clock_timestamp() + $2 + n * $3,
                   stream_queue_of('test', 'nobody', $4 || n)
            from generate_series(1, $1) n
            """);
        foreach (var value in new object[] { count, first, step, run })
            command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}

/// <summary>Takes a while to be activated.</summary>
[ImplicitStreamSubscription("slow-start"), GrainType("test-slow-start")]
internal sealed class SlowStarter : Grain, IGrainWithStringKey, IStreamSubscriptionObserver
{
    private static readonly ConcurrentDictionary<string, int> Arrivals = new();
    private static int starting, most;

    /// <summary>The most who were activated at a time.</summary>
    public static int Most => most;

    public static int Arrived(string run) => Arrivals.GetValueOrDefault(run);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var now = Interlocked.Increment(ref starting);
        for (int seen; (seen = Volatile.Read(ref most)) < now && Interlocked.CompareExchange(ref most, now, seen) != seen;)
        {
        }
        await Task.Delay(1000, cancellationToken);
        Interlocked.Decrement(ref starting);
    }

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<CommittedEvent>().ResumeAsync((_, _) =>
        {
            Arrivals.AddOrUpdate(this.GetPrimaryKeyString().Split('-')[0], 1, (_, n) => n + 1);
            return Task.CompletedTask;
        });
}
