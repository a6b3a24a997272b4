using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;
using Orleans.Streams.Core;
using SoonShop.Events;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Events;

/// <summary>Committed events on their way through the lanes of their queues to handlers.</summary>
[Collection(nameof(EventsSilo))]
public sealed class LaneTests(EventsSilo silo)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task events_of_many_customers_need_no_more_streams_than_there_are_queues()
    {
        var keys = KeysOf("test", 300);
        // Other tests on this silo have streams of their own.
        var before = Readers().ToDictionary(r => r.Queue, r => r.Cache.Streams);
        await CommitAsync(keys.Select(k => ("test", k, 1)));
        await CommitAsync(keys.Select(k => ("test-counting", k, 1)));
        await Until.TrueAsync("all are handled", Limit, () => Task.FromResult(keys.All(k => Script.Attempts(k) == 2)));
        var readers = Readers();
        Assert.Equal(8, readers.Length);
        Assert.All(readers, r => Assert.InRange(r.Cache.Streams - before[r.Queue], int.MinValue, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_handler_that_hangs_holds_up_no_other_key_of_its_lane(bool honoursItsToken)
    {
        using var cut = silo.CutAttempts();
        var release = new TaskCompletionSource();
        var hanging = EventsSilo.NewKey();
        var queue = QueueMapper.NumberOf("test-slow", hanging, 8);
        Script.For(hanging, (_, context) => honoursItsToken ? Task.Delay(Timeout.Infinite, context.Cancellation) : release.Task);
        var others = KeysOf("test", 15, queue);
        await CommitAsync([("test-slow", hanging, 1), ("test-slow", hanging, 2)]);
        await Until.TrueAsync("it hangs", Limit, () => Task.FromResult(Script.Attempts(hanging) > 0));
        var watch = Stopwatch.StartNew();
        foreach (var key in others)
        {
            await CommitAsync([("test", key, 1)]);
            await Until.TrueAsync("its neighbour is handled", Limit, () => Task.FromResult(Script.Attempts(key) == 1));
        }
        TestContext.Current.SendDiagnosticMessage(
            "{0} neighbours, one after the other, took {1} ms.", others.Length, watch.ElapsedMilliseconds);
        release.TrySetResult();
        Script.Repair(hanging);
        await Until.TrueAsync("both are handled in the end", Limit, async () =>
            Script.LogOf(hanging).Select(l => l.EventId).Distinct().Count() == 2
            && await silo.QueryAsync<long>("select count(*) from event_delivery where handler_key = $1", hanging) == 0);
    }

    [Fact]
    public async Task what_is_slow_is_not_acknowledged_before_it_is_handled_and_everything_around_it_is()
    {
        var release = new TaskCompletionSource();
        var slow = EventsSilo.NewKey();
        var number = QueueMapper.NumberOf("test-slow", slow, 8);
        var id = await silo.QueryAsync<int>("select id from stream_queue where provider = 'shop' and number = $1", number);
        var reader = Readers().Single(r => r.Queue == id);
        await Until.TrueAsync("nothing is under way", Limit, () => Task.FromResult(reader.Pending == 0));
        Script.For(slow, (_, _) => release.Task);
        await CommitAsync([("test-slow", slow, 1)]);
        await Until.TrueAsync("it is under way", Limit, () => Task.FromResult(Script.Attempts(slow) == 1));
        var others = KeysOf("test", 20, number);
        await CommitAsync(others.Select(k => ("test", k, 1)));
        await Until.TrueAsync("the others are done with", Limit, () =>
            Task.FromResult(others.All(k => Script.Attempts(k) == 1) && reader.Pending == 1));
        release.SetResult();
        await Until.TrueAsync("all is acknowledged", Limit, async () => await PendingAsync([slow, .. others]) == 0);
        Assert.Equal("none", await silo.StatusAsync(slow));
    }

    [Fact]
    public async Task events_of_one_key_are_handled_in_order_however_long_each_takes()
    {
        var keys = KeysOf("test", 12, queue: 3);
        foreach (var key in keys)
            Script.For(key, (e, context) => Task.Delay(e.Number % 5 == 0 ? 120 : Random.Shared.Next(4), context.Cancellation));
        for (var number = 1; number <= 40; number++)
            await CommitAsync(keys.Select(k => ("test", k, number)));
        await Until.TrueAsync("all are handled", Limit, () => Task.FromResult(keys.All(k => Script.Attempts(k) == 40)));
        Assert.All(keys, key => Assert.Equal(Enumerable.Range(1, 40).Select(n => ($"/test/{key}#{n}", 1)), Script.LogOf(key)));
    }

    [Fact]
    public async Task an_event_is_acknowledged_when_each_of_its_handlers_is_done()
    {
        var key = EventsSilo.NewKey();
        Script.For(key, (_, context) => context.Attempt == 1 ? throw new TimeoutException("once") : Task.CompletedTask);
        await CommitAsync([("test-twice", key, 1)]);
        await Until.TrueAsync("both are done", Limit, async () => Script.Attempts(key) == 4 && await silo.StatusAsync(key) == "none");
        await Until.TrueAsync("it is acknowledged", Limit, async () => await PendingAsync(key) == 0);
        Assert.Equal([1, 1, 2, 2], Script.LogOf(key).Select(l => l.Attempt).Order());
    }

    [Fact]
    public async Task while_nothing_can_be_stored_the_event_is_tried_again_and_not_acknowledged()
    {
        var (key, other) = (EventsSilo.NewKey(), EventsSilo.NewKey());
        Script.For(key, (_, _) => throw new TimeoutException("busy"));
        await using (var command = silo.Database.CreateCommand("alter table event_delivery rename to event_delivery_away"))
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        try
        {
            await CommitAsync([("test", key, 1), ("test", other, 1)]);
            await Until.TrueAsync("it comes again", Limit, () => Task.FromResult(Script.Attempts(key) > 4 && Script.Attempts(other) == 1));
            Assert.Equal(1, await PendingAsync(key));
        }
        finally
        {
            await using var command = silo.Database.CreateCommand("alter table event_delivery_away rename to event_delivery");
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        Script.Repair(key);
        await Until.TrueAsync("it is done", Limit, async () => await silo.StatusAsync(key) == "none" && await PendingAsync(key) == 0);
    }

    [Fact]
    public async Task a_namespace_to_which_another_grain_subscribes_keeps_its_own_streams()
    {
        var key = EventsSilo.NewKey();
        await CommitAsync(Enumerable.Range(1, 5).Select(n => ("test-shared", key, n)));
        await Until.TrueAsync("both have it", Limit, () => Task.FromResult(Script.Attempts(key) == 5 && Bystander.Seen(key).Length == 5));
        Assert.Equal(Enumerable.Range(1, 5).Select(n => $"/test/{key}#{n}"), Bystander.Seen(key));
        await Until.TrueAsync("it is acknowledged", Limit, async () => await PendingAsync(key) == 0);
    }

    private QueueReader[] Readers() => [.. silo.Services.GetRequiredKeyedService<StreamRuntime>(ShopStreams.Provider).Signal.Readers];

    /// <summary>New keys whose events belong to one queue, or to any.</summary>
    private static string[] KeysOf(string streamNamespace, int count, int? queue = null) =>
        [.. Enumerable.Repeat(0, int.MaxValue).Select(_ => EventsSilo.NewKey())
            .Where(k => queue is null || QueueMapper.NumberOf(streamNamespace, k, 8) == queue).Take(count)];

    /// <summary>Events of these keys that are not acknowledged.</summary>
    private Task<long> PendingAsync(params string[] keys) => silo.QueryAsync<long>("""
        select count(*) from event e join stream_queue q on q.id = e.queue
        where e.stream_key = any ($1) and e.position > q.watermark and not e.position <@ q.done_ranges and e.position <> all (q.done)
        """, (object)keys);

    /// <summary>Commits events in one transaction.</summary>
    private async Task CommitAsync(IEnumerable<(string Namespace, string Key, int Number)> events)
    {
        var all = events.ToArray();
        await silo.QueryAsync<bool>("""
            select pg_notify('soonshop_events', array_to_string(insert_events('shop', (select jsonb_agg(jsonb_build_object(
              'id', '/test/' || e.key || case when e.namespace = 'test-counting' then '/c' else '' end || '#' || e.number,
              'source', '/test/' || e.key, 'sequence', e.number, 'type', 'test.happened', 'subject', e.key, 'streamNamespace',
              e.namespace, 'streamKey', e.key, 'time', now(), 'data',
              jsonb_build_object('key', e.key, 'number', e.number)) order by e.place)
              from unnest($1, $2, $3) with ordinality e(namespace, key, number, place))), ',')) is not null
            """,
            all.Select(e => e.Namespace).ToArray(), all.Select(e => e.Key).ToArray(), all.Select(e => e.Number).ToArray());
    }
}

/// <summary>A handler that is retried for long.</summary>
[GrainType("test-slow"), ImplicitStreamSubscription("test-slow")]
[Retry(Backoff = Backoff.Fixed, Retries = 50, FirstSeconds = 0.2)]
internal sealed class SlowHandler : EventHandlerGrain, IHandle<Happened>
{
    public Task HandleAsync(Happened e, EventContext context) => Script.RunAsync(e, context);
}

/// <summary>One of two handlers of a namespace.</summary>
[GrainType("test-first"), ImplicitStreamSubscription("test-twice")]
[Retry(Backoff = Backoff.Fixed, Retries = 3, FirstSeconds = 0.2)]
internal sealed class FirstHandler : EventHandlerGrain, IHandle<Happened>
{
    public Task HandleAsync(Happened e, EventContext context) => Script.RunAsync(e, context);
}

/// <summary>The other.</summary>
[GrainType("test-second"), ImplicitStreamSubscription("test-twice")]
[Retry(Backoff = Backoff.Fixed, Retries = 3, FirstSeconds = 0.2)]
internal sealed class SecondHandler : EventHandlerGrain, IHandle<Happened>
{
    public Task HandleAsync(Happened e, EventContext context) => Script.RunAsync(e, context);
}

/// <summary>A handler of a namespace that others hear, too.</summary>
[GrainType("test-shared"), ImplicitStreamSubscription("test-shared")]
internal sealed class SharingHandler : EventHandlerGrain, IHandle<Happened>
{
    public Task HandleAsync(Happened e, EventContext context) => Script.RunAsync(e, context);
}

/// <summary>A grain that subscribes to a handler's namespace, and is none.</summary>
[GrainType("test-bystander"), ImplicitStreamSubscription("test-shared")]
internal sealed class Bystander : Grain, IGrainWithStringKey, IStreamSubscriptionObserver
{
    private static readonly ConcurrentQueue<(string Key, string EventId)> Log = new();

    public static string[] Seen(string key) => [.. Log.Where(l => l.Key == key).Select(l => l.EventId)];

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<CloudEvent>().ResumeAsync((e, _) =>
        {
            Log.Enqueue((e.StreamKey, e.Id));
            return Task.CompletedTask;
        });
}
