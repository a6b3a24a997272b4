using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>Events flow while silos die.</summary>
[Collection(nameof(Faults))]
public sealed class EventKillTests
{
    private const int Streams = 400;
    private static readonly TimeSpan KillEvery = TimeSpan.FromSeconds(4);

    [Fact]
    public Task every_event_is_handled_and_its_effect_is_there_once_while_silos_die_every_few_seconds() => RunAsync(eventsPerStream: 15, kills: 3);

    [Fact]
    public async Task a_silo_that_dies_between_the_events_of_a_batch_leaves_none_behind_and_has_none_done_twice()
    {
        const int EventsPerStream = 3;
        await using var shop = await Shop.CreateAsync(null, EventFlood.MailToFiles());
        await shop.StartSiloAsync();
        var doomed = await shop.StartSiloAsync($"event.handled#{Streams / 2}", (TcpPort.Free(), TcpPort.Free()));
        await Until.TrueAsync("both read queues", TimeSpan.FromMinutes(1), async () =>
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
            silos[i] = await shop.StartSiloAsync(ports: ports[i]);
        var flood = new EventFlood(shop, Streams, eventsPerStream);
        await flood.PrepareAsync();

        var clock = Stopwatch.StartNew();
        // Spread over the kills, not all before the first.
        var publishing = flood.PublishAsync(TimeSpan.FromMilliseconds(600));
        for (var kill = 0; kill < kills; kill++)
        {
            await Task.Delay(KillEvery, TestContext.Current.CancellationToken);
            var victim = kill % silos.Length;
            await silos[victim].KillAsync();
            silos[victim] = await shop.StartSiloAsync(ports: ports[victim]);
        }
        var handledBefore = await flood.SentAsync();
        Assert.InRange(handledBefore, 1, flood.Events - 1);
        await publishing;
        var retried = await flood.AssertHandledAsync();
        TestContext.Current.SendDiagnosticMessage(
            "{0} events in {1} streams, each mailed, in {2:f0} s with {3} kills, {4} of them before the last; {5} deliveries were retried apart from their stream.",
            flood.Events, Streams, clock.Elapsed.TotalSeconds, kills, handledBefore, retried);
    }
}

/// <summary>The same with 20,000 events: <c>./test.sh soak EventKillSoak</c>.</summary>
[Collection(nameof(Faults))]
public sealed class EventKillSoak
{
    [Fact(Explicit = true)]
    public Task twenty_thousand_events_while_silos_die_every_few_seconds() => EventKillTests.RunAsync(eventsPerStream: 50, kills: 6);
}
