using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Streams;
using Orleans.Streams.Core;
using SoonShop.Events;
using SoonShop.Silo.Streams;
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
        await using var silo = await StreamSilo.StartAsync(
            database, o =>
            {
                o.Queues = 1;
                o.ConsumerPatience = TimeSpan.FromSeconds(1);
            },
            s => s.Services.AddKeyedSingleton<IUndeliveredEvents>(StreamSilo.Provider, undelivered));
        await using (var command = database.Source.CreateCommand("""
            select insert_events($1, jsonb_agg(jsonb_build_object(
              'id', 'b' || n, 'source', '/test/b' || n, 'sequence', 1, 'type', 'test', 'subject', '', 'streamNamespace', 'slow-start', 'streamKey', $2 || '-' || n,
              'time', now(), 'data', '{}'::jsonb))) from generate_series(1, $3) n
            """))
        {
            command.Parameters.Add(new() { Value = StreamSilo.Provider });
            command.Parameters.Add(new() { Value = run });
            command.Parameters.Add(new() { Value = Streams });
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        await Until.TrueAsync("all arrived", TimeSpan.FromSeconds(90), () => Task.FromResult(SlowStarter.Arrived(run) + undelivered.All.Count >= Streams));
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

    /// <summary>Schedules events, the first one in a while, the others a step apart.</summary>
    private async Task ScheduleAsync(int count, TimeSpan first, TimeSpan step)
    {
        await using var command = database.Source.CreateCommand("""
            insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time, data, due_at, queue)
            select 's' || n, '/test/s' || n, 1, 'scheduled', '', 'nobody', $4 || n, now(), '{}', clock_timestamp() + $2 + n * $3, stream_queue_of('test', 'nobody', $4 || n)
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
        await Task.Delay(200, cancellationToken);
        Interlocked.Decrement(ref starting);
    }

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<CloudEvent>().ResumeAsync((_, _) =>
        {
            Arrivals.AddOrUpdate(this.GetPrimaryKeyString().Split('-')[0], 1, (_, n) => n + 1);
            return Task.CompletedTask;
        });
}
