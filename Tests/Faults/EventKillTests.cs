using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>Events flow while silos die.</summary>
[Collection(nameof(Faults))]
public sealed class EventKillTests
{
    private const int Streams = 400;

    [Fact]
    public Task every_event_is_handled_and_its_effect_is_there_once_while_silos_die_again_and_again() =>
        RunAsync(eventsPerStream: 15, kills: 3);

    [Fact]
    public async Task a_silo_that_dies_between_the_events_of_a_batch_leaves_none_behind_and_has_none_done_twice()
    {
        const int EventsPerStream = 3;
        await using var shop = await Shop.CreateAsync(null, EventFlood.MailToFiles());
        await shop.StartSiloProcessAsync();
        // Early enough for a silo that has only one of the queues.
        var doomed = await shop.StartSiloProcessAsync($"event.handled#{Streams / 8}", (TcpPort.Free(), TcpPort.Free()));
        await Until.TrueAsync("both read queues", TimeSpan.FromMinutes(2), async () =>
            await shop.QueryAsync<long>("select count(distinct owner) from stream_queue") == 2);
        var flood = new EventFlood(shop, Streams, EventsPerStream);
        await flood.PrepareAsync();
        await flood.PublishAsync(TimeSpan.Zero);
        await doomed.WaitForExitAsync(TimeSpan.FromMinutes(2));
        Assert.InRange(await flood.SentAsync(), 0, flood.Events - 1);
        await flood.AssertHandledAsync();
    }

    internal static async Task RunAsync(int eventsPerStream, int kills)
    {
        await using var shop = await Shop.CreateAsync(null, EventFlood.MailToFiles());
        (int, int)[] ports = [shop.Ports, (TcpPort.Free(), TcpPort.Free())];
        var silos = new ShopProcess[2];
        for (var i = 0; i < silos.Length; i++)
            silos[i] = await shop.StartSiloProcessAsync(ports: ports[i]);
        var flood = new EventFlood(shop, Streams, eventsPerStream);
        await flood.PrepareAsync();

        var clock = Stopwatch.StartNew();
        var portion = eventsPerStream / kills;
        var before = portion / 2;
        for (var kill = 0; kill < kills; kill++)
        {
            var published = kill * portion;
            await flood.PublishAsync(published + 1, before);
            await flood.WaitAsync("events are being handled", async () => await flood.SentAsync() > published * Streams);
            // These have only just been published when the silo dies: some are not handled, however fast the machine is.
            await flood.PublishAsync(published + before + 1, portion - before);
            var victim = kill % silos.Length;
            await silos[victim].KillAsync();
            Assert.InRange(await flood.SentAsync(), 1, ((published + portion) * Streams) - 1);
            silos[victim] = await shop.StartSiloProcessAsync(ports: ports[victim]);
        }
        await flood.PublishAsync((kills * portion) + 1, eventsPerStream - (kills * portion));
        var retried = await flood.AssertHandledAsync();
        TestContext.Current.SendDiagnosticMessage(
            "{0} events in {1} streams, each mailed, in {2:f0} s with {3} kills; {4} deliveries were retried apart from their stream.",
            flood.Events, Streams, clock.Elapsed.TotalSeconds, kills, retried);
    }
}

/// <summary>The same with 20,000 events: <c>./test.sh soak EventKillSoak</c>.</summary>
[Collection(nameof(Faults))]
public sealed class EventKillSoak
{
    [Fact(Explicit = true)]
    public Task twenty_thousand_events_while_silos_die_again_and_again() => EventKillTests.RunAsync(eventsPerStream: 50, kills: 6);
}
