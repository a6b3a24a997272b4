using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>Events flow while the database dies; and what waits for its time while everything dies.</summary>
[Collection(nameof(Outages))]
public sealed class EventOutageTests
{
    private const int Streams = 200;
    private const int EventsPerStream = 20;
    private const int Outages = 1;

    /// <summary>Long enough for attempts to fail in place, and for their retries not to find a place either.</summary>
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task every_event_is_handled_and_its_effect_is_there_once_while_the_database_is_killed_and_started_again()
    {
        var server = await PostgresServer.StartAsync("postgres-outage");
        await using var shop = await Shop.CreateAsync(server, EventFlood.MailToFiles());
        await shop.StartSiloProcessAsync();
        await shop.StartSiloProcessAsync(ports: (TcpPort.Free(), TcpPort.Free()));
        var flood = new EventFlood(shop, Streams, EventsPerStream);
        await flood.PrepareAsync();

        var clock = Stopwatch.StartNew();
        var publishing = flood.PublishAsync(TimeSpan.FromMilliseconds(300));
        for (var outage = 1; outage <= Outages; outage++)
        {
            var wanted = flood.Events * outage / (Outages + 2);
            await Until.TrueAsync($"{wanted} messages are out", TimeSpan.FromMinutes(2), async () => await flood.SentAsync() >= wanted);
            Assert.InRange(await flood.SentAsync(), 1, flood.Events - 1);
            await server.KillAsync();
            await Task.Delay(Outage, TestContext.Current.CancellationToken);
            await server.StartAgainAsync();
            // The test's own connections are as dead as the shop's.
            shop.Database.Clear();
        }
        await publishing;
        var retried = await flood.AssertHandledAsync();
        TestContext.Current.SendDiagnosticMessage(
            "{0} events in {1} streams, each mailed, in {2:f0} s with {3} outages of the database; {4} deliveries were retried apart from "
                + "their stream.",
            flood.Events, Streams, clock.Elapsed.TotalSeconds, Outages, retried);
    }
}
