using System.Diagnostics;
using SoonShop.Tests.Notifications;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>The mail server is away, for the whole shop.</summary>
[Collection(nameof(Outages))]
public sealed class MailOutageTests
{
    private const int Customers = 25;

    /// <summary>
    /// How long connections are refused, at least. A minute of the shop's own policy (2, 4, 8, 16, 32 s …) in a quarter of the time:
    /// the policy of this test has as many retries in it.
    /// </summary>
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task all_mail_of_an_outage_arrives_once_each_and_the_inbox_does_not_wait_for_it()
    {
        await using var server = new MailServer();
        await using var shop = await Shop.CreateAsync(
            null, [.. MailSettings(server), .. Policy(
                "Exponential", ("FirstSeconds", "0.5"), ("MaxSeconds", "4"), ("Retries", "50"), ("Jitter", "0.2"))]);
        await shop.StartSiloAsync();
        var api = await shop.StartApiAsync();
        var sku = await (await api.AsAdminAsync()).CreateProductAsync(stock: 1000);

        var outage = Stopwatch.StartNew();
        var customers = await Task.WhenAll(Enumerable.Range(0, Customers).Select(async i =>
        {
            var customer = await api.AsNewCustomerAsync($"customer{i}@example.com");
            await Buyer.AskAsync(() => customer.FillCartAsync(sku));
            var key = Guid.NewGuid().ToString();
            Assert.Equal(201, (int)(await Buyer.AskAsync(() => customer.OrderAsync(key))).Status);
            return customer;
        }));
        // With no mail server at all, the inbox has everything.
        foreach (var customer in customers)
        {
            await Until.TrueAsync("the inbox has the welcome and the order", CallTimeout, async () =>
                (await customer.GetAsync("/notifications"))["items"]!.AsArray()
                    .Select(i => i!["kind"]!.GetValue<string>()).Order().SequenceEqual(["orderConfirmed", "welcome"]));
        }
        await Until.TrueAsync("mail to every customer was retried, and long enough", CallTimeout, async () => outage.Elapsed > Outage
            && await shop.QueryAsync<long>(
                "select count(distinct handler_key) from event_delivery where handler = 'mail' and status = 'waiting' and attempts >= 3")
                >= Customers);
        Assert.Empty(server.Mails());
        var due = await DueAsync(shop);
        Assert.True(due >= 2 * Customers, $"{due} mails are due.");

        await server.StartAsync();
        await Until.TrueAsync("all of it is noted as sent", CallTimeout, async () => (due = await DueAsync(shop)) == await SentAsync(shop));
        await Until.TrueAsync("nothing is retried any more", CallTimeout, async () =>
            await shop.QueryAsync<long>("select count(*) from event_delivery where status = 'waiting'") == 0);

        Assert.Equal((due, due), (await DueAsync(shop), await SentAsync(shop)));
        Assert.Equal(0, await shop.QueryAsync<long>("select count(*) from event_delivery"));
        var mails = server.Mails();
        Assert.Equal(due, mails.Length);
        Assert.Equal(due, mails.Select(m => m.MessageId).Distinct().Count());
        Assert.All(Enumerable.Range(0, Customers), i =>
            Assert.Equal(2, mails.Count(m => m.To.Mailboxes.Single().Address == $"customer{i}@example.com")));
        // A delivery is done a moment before its failures are resolved.
        await Until.TrueAsync("all failures are resolved", CallTimeout, () =>
            shop.QueryAsync<bool>("select bool_and(resolved_at is not null) from event_failure where handler = 'mail'"));
        Assert.True(await shop.QueryAsync<bool>("select bool_and(error_class = 'network') from event_failure where handler = 'mail'"));
    }

    /// <summary>A minute, so that the time has not passed before everything is killed; nobody waits for the rest of it.</summary>
    [Fact]
    public async Task a_delayed_retry_keeps_its_time_when_every_process_and_the_database_are_killed()
    {
        const int Delay = 60;
        await using var mail = new MailServer();
        var server = await PostgresServer.StartAsync("postgres-outage");
        await using var shop = await Shop.CreateAsync(
            server, [.. MailSettings(mail), .. Policy("Fixed", ("FirstSeconds", $"{Delay}"), ("Retries", "3"))]);
        var silo = await shop.StartSiloProcessAsync();
        var flood = new EventFlood(shop, streams: 1, eventsPerStream: 1);
        await flood.PublishAsync(TimeSpan.Zero);
        const string Delivery = "from event_delivery where handler = 'mail' and handler_key = md5('stream 1')";
        await flood.WaitAsync(
            "the retry is stored", async () => await shop.QueryAsync<long>($"select count(*) {Delivery} and status = 'waiting'") == 1);
        var due = await shop.QueryAsync<DateTime>($"select due_at {Delivery}");
        // An event whose acknowledgement was not written down comes again by its stream, and then the retry's time does not matter.
        await Until.TrueAsync("the event is acknowledged", CallTimeout, async () =>
            await shop.QueryAsync<long>("select sum(depth)::bigint from stream_lag") == 0);
        // Acknowledgements are written without waiting for the disk; what is committed after them takes them along.
        await using (var flush = shop.Database.CreateCommand("create table acknowledged ()"))
            await flush.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        await Task.WhenAll(silo.KillAsync(), server.KillAsync());
        await server.StartAgainAsync();
        shop.Database.Clear();
        Assert.Equal(due, await shop.QueryAsync<DateTime>($"select due_at {Delivery} and status = 'waiting' and attempts = 1"));
        // Later than a silo takes to start.
        due = await shop.QueryAsync<DateTime>($"""
            update event_delivery set due_at = clock_timestamp() + interval '10 seconds' where id = (select id {Delivery}) returning due_at
            """);
        await mail.StartAsync();
        await shop.StartSiloProcessAsync();

        await Until.TrueAsync("it is sent", CallTimeout, async () =>
            await shop.QueryAsync<long>($"select count(*) {Delivery}") == 0 && await flood.SentAsync() == 1);
        Assert.Single(mail.Mails(), m => m.To.Mailboxes.Single().Address == "guest1@example.com");
        const string Sent = $"{EventFlood.Sent} and grain_key = md5('stream 1')";
        var sent = await shop.QueryAsync<DateTime>($"select (record->>'at')::timestamptz {Sent}");
        Assert.True(sent >= due, $"It was due at {due:O} and sent at {sent:O}.");
        Assert.Equal("2", await shop.QueryAsync<string>($"select record->>'attempts' {Sent}"));
    }

    private static (string Name, string Value)[] MailSettings(MailServer server) =>
    [
        // An attempt that is cut off is no failure of the network.
        ("Events__AttemptSeconds", "8"),
        ("Notifications__Email__Mode", "Smtp"), ("Notifications__Email__From", "shop@example.com"),
        ("Notifications__Email__Smtp__Host", "127.0.0.1"),
        ("Notifications__Email__Smtp__Port", $"{server.Port}"), ("Notifications__Email__Smtp__Security", "None"),
    ];

    private static (string Name, string Value)[] Policy(string backoff, params (string Name, string Value)[] more) =>
        [
            ("Events__Policies__mail__Handler", "mail"), ("Events__Policies__mail__Backoff", backoff),
            .. more.Select(m => ($"Events__Policies__mail__{m.Name}", m.Value)),
        ];

    private static Task<long> DueAsync(Shop shop) =>
        shop.QueryAsync<long>("select count(*) from event where type = 'notification.due' and data->>'channel' = 'email'");

    private static Task<long> SentAsync(Shop shop) => shop.QueryAsync<long>($"select count(*) {EventFlood.Sent}");
}
