using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>
/// Events flow while silos die. Each event makes a handler commit a message to be mailed, in one write with the handler's
/// memory of the event, and another handler send it: what was done how often, and in which order, stands in the event
/// table, where no process that dies can take it from.
/// </summary>
[Collection(nameof(Faults))]
public sealed class EventKillTests
{
    private const int Streams = 400;
    private const int EventsPerStream = 50;
    private const int Events = Streams * EventsPerStream;
    private const int Kills = 6;
    private static readonly TimeSpan KillEvery = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>News of the shipping of guests' orders, the next of every stream.</summary>
    private const string Publish = """
        with published as (
          select insert_events('shop', jsonb_agg(jsonb_build_object(
            'id', '/order/' || k || '#' || $1, 'source', '/order/' || k, 'sequence', $1, 'type', 'order.shipped', 'subject', k,
            'streamNamespace', 'order', 'streamKey', k, 'time', now(),
            'data', jsonb_build_object(
              'order', jsonb_build_object('orderId', k::uuid, 'number', 'T-' || n, 'email', 'guest' || n || '@example.com',
                                          'total', jsonb_build_object('amount', 1000, 'currency', 'USD')),
              'carrier', 'Test', 'trackingNumber', $1::text)))) as queues
          from (select n, md5('stream ' || n) as k from generate_series(1, $2) n) keys)
        select pg_notify('soonshop_events', array_to_string(queues, ',')) is null from published
        """;

    /// <summary>A delivery that was retried apart from its stream leaves no row when it works; here it does.</summary>
    private const string NoteRetries = """
        create table retried (handler text, handler_key text);
        create function note_retry() returns trigger language plpgsql as $$
          begin insert into retried values (new.handler, new.handler_key); return null; end $$;
        create trigger note_retry after insert on event_delivery for each row execute function note_retry();
        select true
        """;

    [Fact]
    public async Task every_event_is_handled_and_its_effect_is_there_once_while_silos_die_every_few_seconds()
    {
        await using var shop = await Shop.CreateAsync(null,
            ("Notifications__Email__Mode", "Directory"), ("Notifications__Email__From", "shop@example.com"),
            ("Notifications__Email__Directory", Path.Combine(Repository.TestData, $"mail-{Guid.NewGuid():N}")));
        (int, int)[] ports = [shop.Ports, (ShopProcess.FreePort(), ShopProcess.FreePort())];
        var silos = new ShopProcess[2];
        for (var i = 0; i < silos.Length; i++)
            silos[i] = await shop.StartSiloAsync(ports: ports[i]);
        await shop.QueryAsync<bool>(NoteRetries);

        var clock = Stopwatch.StartNew();
        var publishing = PublishAsync(shop);
        for (var kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(KillEvery, TestContext.Current.CancellationToken);
            var victim = kill % silos.Length;
            await silos[victim].KillAsync();
            silos[victim] = await shop.StartSiloAsync(ports: ports[victim]);
        }
        var handledBefore = await MailedAsync(shop);
        Assert.InRange(handledBefore, 1, Events - 1);
        await publishing;
        await Until.TrueAsync("every message is out", Patience, async () => await MailedAsync(shop) >= Events);
        await Until.TrueAsync("nothing is under way", Patience, async () =>
            await shop.QueryAsync<long>("select count(*) from event_delivery where status = 'waiting'") == 0);

        Assert.Equal(0, await shop.QueryAsync<long>("select count(*) from event_delivery where status = 'dead'"));
        // Each event had its effect once: one message, sent once.
        Assert.Equal(Events, await shop.QueryAsync<long>("select count(*) from event where type = 'notification.due' and data->>'kind' = 'orderShipped'"));
        Assert.Equal(Events, await shop.QueryAsync<long>("select count(distinct data->>'causedBy') from event where type = 'notification.due' and data->>'kind' = 'orderShipped'"));
        Assert.Equal(Events, await shop.QueryAsync<long>("select count(distinct data->>'notificationId') from event where type = 'notification.sent' and data->>'kind' = 'orderShipped'"));
        Assert.Equal(Events, await shop.QueryAsync<long>("select count(*) from event where type = 'notification.sent' and data->>'kind' = 'orderShipped'"));
        // In order, but for those that a delayed retry took out of their stream.
        var outOfOrder = await shop.QueryAsync<long>("""
            select count(*) from (
              select split_part(data->>'causedBy', '#', 2)::int as number,
                     lag(split_part(data->>'causedBy', '#', 2)::int) over (partition by stream_key order by sequence) as before
              from event where type = 'notification.due' and data->>'kind' = 'orderShipped'
                and not exists (select 1 from retried r where r.handler = 'notification' and r.handler_key = event.stream_key)) steps
            where number <> coalesce(before, 0) + 1
            """);
        Assert.Equal(0, outOfOrder);
        var retried = await shop.QueryAsync<long>("select count(*) from retried");
        TestContext.Current.SendDiagnosticMessage(
            "{0} events in {1} streams, each handled by two handlers one after the other, in {2:f0} s with {3} kills, {4} of them before the last; {5} deliveries were retried apart from their stream.",
            Events, Streams, clock.Elapsed.TotalSeconds, Kills, handledBefore, retried);
    }

    private static async Task PublishAsync(Shop shop)
    {
        for (var number = 1; number <= EventsPerStream; number++)
        {
            await using (var command = shop.Database.CreateCommand(Publish))
            {
                command.Parameters.Add(new() { Value = number });
                command.Parameters.Add(new() { Value = Streams });
                await command.ExecuteNonQueryAsync();
            }
            // Spread over the kills, not all before the first.
            await Task.Delay(TimeSpan.FromMilliseconds(600));
        }
    }

    private static Task<long> MailedAsync(Shop shop) => shop.QueryAsync<long>("select count(*) from event where type = 'notification.sent' and data->>'kind' = 'orderShipped'");
}
