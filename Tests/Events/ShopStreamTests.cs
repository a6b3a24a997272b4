using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SoonShop.Events;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Silo.Events;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Events;

/// <summary>Handlers on the shop's own streams, and what becomes of events that those cannot deliver or that are old.</summary>
[Collection(nameof(EventsSilo))]
public sealed class ShopStreamTests(EventsSilo silo)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task a_committed_event_reaches_its_handler_through_the_event_table()
    {
        var key = EventsSilo.NewKey();
        await CommitAsync(key);
        await Until.TrueAsync("it is handled", Limit, () => Task.FromResult(Script.Attempts(key) == 1));
        Assert.Equal(($"/test/{key}#1", 1), Script.LogOf(key).Single());
    }

    [Fact]
    public async Task a_poison_message_is_a_dead_letter_of_each_handler_and_its_neighbours_are_handled()
    {
        var key = EventsSilo.NewKey();
        await silo.QueryAsync<bool>(
            "select publish_events('shop', array[$1], array['test.happened'], array['test'], array[$2], array[convert_to('poison', "
                + "'UTF8')]) is not null", $"poison {key}", key);
        await CommitAsync(key);
        await Until.TrueAsync("its neighbour is handled", Limit, () => Task.FromResult(Script.Attempts(key) == 1));
        await silo.StatusIsAsync(key, "dead");
        var dead = await silo.DeadLetterAsync(key);
        Assert.Equal(("test-plain", ErrorClass.Serialization, "poison"), (dead.Letter.Handler, dead.Letter.Type, dead.Data));
    }

    [Theory]
    [InlineData(UndeliveredReason.ConsumerUnavailable)]
    [InlineData(UndeliveredReason.DeliveryFailed)]
    [InlineData(UndeliveredReason.NotHandedOver)]
    public async Task what_a_stream_gives_up_is_retried_by_itself(UndeliveredReason reason)
    {
        var key = EventsSilo.NewKey();
        var e = EventsSilo.Event("test", key);
        var undelivered = new UndeliveredEvent(
            ShopStreams.Provider, StreamId.Create("test", key), 0, e.Id, e.Type, [e], reason,
            reason == UndeliveredReason.ConsumerUnavailable ? [GrainId.Create("test-plain", key)] : [], null, new TimeoutException("away"));
        var port = silo.Services.GetRequiredKeyedService<IUndeliveredEvents>(ShopStreams.Provider);
        await port.TakeAsync(undelivered, TestContext.Current.CancellationToken);
        await port.TakeAsync(undelivered, TestContext.Current.CancellationToken);
        await Until.TrueAsync("it is handled", Limit, async () => Script.Attempts(key) == 1 && await silo.StatusAsync(key) == "none");
        Assert.Equal(2, Script.LogOf(key).Single().Attempt);
    }

    [Fact]
    public async Task what_nobody_needs_any_more_is_removed_and_nothing_else()
    {
        var key = EventsSilo.NewKey();
        await CommitAsync(key, age: TimeSpan.FromDays(40));
        await CommitAsync(key, number: 2);
        await Until.TrueAsync("both are handled", Limit, () => Task.FromResult(Script.Attempts(key) == 2));
        await Until.TrueAsync("both are acknowledged", Limit, async () => await silo.QueryAsync<long>(
            "select count(*) from event e join stream_queue q on q.id = e.queue where e.stream_key = $1 and e.position > q.watermark",
            key) == 0);
        await silo.QueryAsync<long>("""
            with letters as (
              insert into event_delivery (
                event_id, handler, handler_key, event_type, source, sequence, subject, stream_namespace, stream_key, event_time, data,
                status, dead_at, ended_at, attempts, error_class, error_type, error_message, fingerprint, history)
              select name, 'nobody', $1, 't', '/s', 1, 's', 'test', 'k', now(), '', case when ended then 'resolved' else 'dead' end,
                     now() - make_interval(days => days), case when ended then now() - make_interval(days => days) end, 1,
                     'system', 'X', 'm', 'f', '[]'
              from (values ($1 || ' old and ended', 40, true), ($1 || ' ended', 10, true), ($1 || ' old', 100, false),
                  ($1 || ' open', 80, false)) v(name, days, ended)
              returning 1)
            select count(*) from letters
            """, key);

        await silo.Services.GetServices<IHostedService>()
            .OfType<EventsHousekeeping>().Single().CleanAsync(TestContext.Current.CancellationToken);

        Assert.Equal($"/test/{key}#2", await silo.QueryAsync<string>("select string_agg(id, ',') from event where stream_key = $1", key));
        Assert.Equal(
            $"{key} ended resolved,{key} old discarded,{key} open dead",
            await silo.QueryAsync<string>(
                "select string_agg(event_id || ' ' || status, ',' order by event_id) from event_delivery where handler_key = $1", key));
    }

    /// <summary>A smaller number of queues leaves behind what was done with, in queues that are no more.</summary>
    [Fact]
    public async Task old_events_of_queues_that_are_no_more_are_removed_and_nothing_else()
    {
        var key = EventsSilo.NewKey();
        // In two queues that nobody has: behind every queue's watermark, and one before it, which may still be moved to a queue.
        Assert.Equal(6L, await silo.QueryAsync<long>("""
            with made as (
              insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time, data, queue, position, due_at)
              overriding system value
              select $1 || name, '/test/' || $1 || '-gone', n, 'test.happened', '', 'test', $1 || '-gone',
                     now() - make_interval(days => days), '{}', queue,
                     case when ahead then 1000000000000 + n else -1000000 - n end, case when scheduled then now() + interval '1 day' end
              from (values (1, ' old', 40, 700001, false, false), (2, ' old too', 400, 700001, false, false),
                  (3, ' old elsewhere', 40, 700009, false, false),
                           (4, ' young', 1, 700001, false, false), (5, ' scheduled', 40, 700001, true, false),
                           (6, ' ahead', 40, 700009, false, true))
                v(n, name, days, queue, scheduled, ahead)
              returning 1)
            select count(*) from made
            """, key));

        await silo.Services.GetServices<IHostedService>()
            .OfType<EventsHousekeeping>().Single().CleanAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            $"{key} ahead,{key} scheduled,{key} young",
            await silo.QueryAsync<string>("select string_agg(id, ',' order by id) from event where stream_key = $1 || '-gone'", key));
        // Nobody else's test is to find them.
        await silo.QueryAsync<long>(
            "with gone as (delete from event where stream_key = $1 || '-gone' returning 1) select count(*) from gone", key);
    }

    [Fact]
    public async Task old_entries_leave_the_audit_log_and_young_ones_stay()
    {
        var subject = EventsSilo.NewKey();
        await silo.QueryAsync<long>("""
            with entries as (
              insert into audit_log (at, actor, action, subject, count)
              select now() - make_interval(days => days), 'somebody', 'tests.run', $1 || ' ' || days, 1
              from unnest('{400, 366, 364, 0}'::integer[]) days returning 1)
            select count(*) from entries
            """, subject);

        await silo.Services.GetServices<IHostedService>()
            .OfType<EventsHousekeeping>().Single().CleanAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            $"{subject} 364,{subject} 0",
            await silo.QueryAsync<string>(
                "select string_agg(subject, ',' order by at) from audit_log where subject like $1 || ' %'", subject));
    }

    [Fact]
    public async Task the_figures_tell_what_was_handled_and_what_failed()
    {
        var key = EventsSilo.NewKey();
        Script.For(key, (_, _) => throw new HandlingException(ErrorClass.Business, "no"));
        var before = await silo.Admin.GetStatsAsync(10, TestContext.Current.CancellationToken);
        await silo.PublishAsync(EventsSilo.Event("test", key));
        await silo.StatusIsAsync(key, "dead");
        await Until.TrueAsync("the figures have it", Limit, async () =>
        {
            var stats = await silo.Admin.GetStatsAsync(10);
            return Of(stats.ByErrorClass, "business") > Of(before.ByErrorClass, "business")
                && Of(stats.ByHandler, "test-plain") > Of(before.ByHandler, "test-plain")
                && Of(stats.ByEventType, "test.happened") > Of(before.ByEventType, "test.happened") && Of(stats.ByDomain, "test") > 0
                && stats.HandlerTimes is { Count: > 0, P50Ms: > 0, P99Ms: > 0 } && stats.Queue.DeadLetters > 0;
        });
    }

    private static long Of(ImmutableArray<EventCountsOf> counts, string name) =>
        counts.FirstOrDefault(c => c.Name == name)?.Counts.Failed ?? 0;

    private Task<bool> CommitAsync(string key, int number = 1, TimeSpan age = default) => silo.QueryAsync<bool>("""
        select pg_notify('soonshop_events', array_to_string(insert_events('shop', jsonb_build_array(jsonb_build_object(
          'id', '/test/' || $1 || '#' || $2, 'source', '/test/' || $1, 'sequence', $2, 'type', 'test.happened', 'subject', $1,
          'streamNamespace', 'test', 'streamKey', $1, 'time', now() - $3, 'data',
          jsonb_build_object('key', $1, 'number', $2)))), ',')) is not null
        """, key, number, age);
}
