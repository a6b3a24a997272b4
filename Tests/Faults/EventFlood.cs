using Npgsql;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>
/// A flood of events, and what became of it. Each event makes a handler send a mail and note it, in one write with the handler's memory
/// of the event; where the mail cannot go out at once, that write holds an event for another handler, which sends and notes it. What was
/// done how often, and in which order, stands in the handlers' states, where no process that dies can take it from.
/// </summary>
internal sealed class EventFlood(Shop shop, int streams, int eventsPerStream)
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(6);

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

    /// <summary>What is noted as sent: a row <c>record</c> a message, the newest of each handler first.</summary>
    public const string Sent = """
        from (select record, place, grain_key, state_name from grain_state
              cross join lateral jsonb_array_elements(convert_from(state, 'UTF8')::jsonb
                #> case state_name when 'mail' then '{state,recent}'::text[]
                    else '{state,guestMails,recent}' end) with ordinality r(record, place)
              where state_name in ('mail', 'notification')) mails
        where record->>'status' = 'sent'
        """;

    /// <summary>The same of the customers of the flood alone: the administrator gets mail, too.</summary>
    private string SentToCustomers => $"{Sent} and grain_key in (select md5('stream ' || n) from generate_series(1, {streams}) n)";

    /// <summary>A delivery that was retried apart from its stream leaves no row when it works; here it does.</summary>
    private const string NoteRetries = """
        create table retried (handler text, handler_key text);
        create function note_retry() returns trigger language plpgsql as $$
          begin insert into retried values (new.handler, new.handler_key); return null; end $$;
        create trigger note_retry after insert on event_delivery for each row execute function note_retry();
        select true
        """;

    /// <summary>For who has to find out why something is missing.</summary>
    private const string HowItStands = $"""
        select format('%s published, %s messages due, %s sent; deliveries: %s; queues: %s',
          (select count(*) from event where type = 'order.shipped'),
          (select count(*) from event where type = 'notification.due'), (select count(*) {Sent}),
          (select string_agg(format('%s %s %s due in %s at attempt %s: %s', n, handler, status, due, attempts, error_message), '; ') from (
             select count(*) as n, handler, status, min(due_at) - now() as due, max(attempts) as attempts,
                    max(error_message) as error_message from event_delivery group by handler, status) d),
          (select string_agg(format('%s: %s since %s by %s', number, depth, oldest_at, owner), '; ' order by number) from stream_lag))
        """;

    /// <summary>All events.</summary>
    public int Events => streams * eventsPerStream;

    /// <summary>Settings of a shop whose mail goes into files.</summary>
    public static (string Name, string Value)[] MailToFiles() =>
    [
        ("Notifications__Email__Mode", "Directory"), ("Notifications__Email__From", "shop@example.com"),
        ("Notifications__Email__Directory", Path.Combine(Repository.TestData, $"mail-{Guid.NewGuid():N}")),
    ];

    /// <summary>To be called before anything is published.</summary>
    public Task PrepareAsync() => shop.QueryAsync<bool>(NoteRetries);

    /// <summary>Publishes all of it, one event of each stream after the other, with a pause after each round.</summary>
    public async Task PublishAsync(TimeSpan pause)
    {
        for (var number = 1; number <= eventsPerStream; number++)
        {
            await PublishAsync(number, 1);
            await Task.Delay(pause);
        }
    }

    /// <summary>Publishes so many events of each stream, one round after the other, beginning with its <paramref name="first"/>.</summary>
    public async Task PublishAsync(int first, int rounds)
    {
        for (var number = first; number < first + rounds; number++)
        {
            var round = number;
            await Until.TrueAsync("the database takes events", CallTimeout, () => TryPublishAsync(round));
        }
    }

    /// <summary>Messages that were sent.</summary>
    public Task<long> SentAsync() => shop.QueryAsync<long>($"select count(*) {SentToCustomers}");

    /// <summary>Waits for a condition; tells how everything stands when that is in vain.</summary>
    public async Task WaitAsync(string what, Func<Task<bool>> condition)
    {
        try
        {
            await Until.TrueAsync(what, CallTimeout, condition);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; {await shop.QueryAsync<string>(HowItStands)}\n{shop.Logs}");
        }
    }

    /// <summary>Waits until all are handled, and checks that each had its effect once, and in order where nothing failed.</summary>
    /// <returns>How many deliveries were retried apart from their streams.</returns>
    public async Task<long> AssertHandledAsync()
    {
        await WaitAsync("every message is out", async () => await SentAsync() >= Events);
        await Until.TrueAsync("nothing is under way", CallTimeout, async () =>
            await shop.QueryAsync<long>("select count(*) from event_delivery where status = 'waiting'") == 0);

        Assert.Equal(0, await shop.QueryAsync<long>("select count(*) from event_delivery where status = 'dead'"));
        // Each event had its effect once: one message, sent once.
        Assert.Equal(Events, await shop.QueryAsync<long>($"select count(distinct record->>'notificationId') {SentToCustomers}"));
        Assert.Equal(Events, await SentAsync());
        Assert.Equal(0, await shop.QueryAsync<long>(
            "select count(*) - count(distinct data->>'causedBy') from event where type = 'notification.due' and data->>'kind' = "
                + "'orderShipped'"));
        // In order, but for those that a delayed retry or the other handler took out of their stream.
        var sent = await shop.QueryAsync<string[]>($"""
            select coalesce(array_agg(numbers), '{"{}"}') from (
              select grain_key || string_agg(' ' || (record->>'notificationId'), '' order by place desc) as numbers {SentToCustomers}
                and not exists (select from retried r where r.handler_key = grain_key)
                and not exists (select from event e where e.type = 'notification.due' and e.stream_key = grain_key)
              group by grain_key) streams
            """);
        foreach (var stream in sent.Select(s => s.Split(' ')))
        {
            Assert.Equal(
                Enumerable.Range(1, eventsPerStream).Select(n => Deterministic.Id("notification", $"/order/{stream[0]}#{n}").ToString()),
                stream[1..]);
        }
        return await shop.QueryAsync<long>("select count(*) from retried");
    }

    /// <summary>
    /// False when the database is not there. A round that may have been committed before the connection broke is known by its ids.
    /// </summary>
    private async Task<bool> TryPublishAsync(int number)
    {
        try
        {
            await using var command = shop.Database.CreateCommand(Publish);
            command.Parameters.Add(new() { Value = number });
            command.Parameters.Add(new() { Value = streams });
            await command.ExecuteNonQueryAsync();
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
