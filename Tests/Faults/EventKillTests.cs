using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>Events flow while silos die.</summary>
[Collection(nameof(Faults))]
public sealed class EventKillTests
{
    private const int Streams = 400;
    private const int EventsPerStream = 50;
    private const int Kills = 6;
    private static readonly TimeSpan KillEvery = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task every_event_is_handled_and_its_effect_is_there_once_while_silos_die_every_few_seconds()
    {
        await using var shop = await Shop.CreateAsync(null, EventFlood.MailToFiles());
        (int, int)[] ports = [shop.Ports, (ShopProcess.FreePort(), ShopProcess.FreePort())];
        var silos = new ShopProcess[2];
        for (var i = 0; i < silos.Length; i++)
            silos[i] = await shop.StartSiloAsync(ports: ports[i]);
        var flood = new EventFlood(shop, Streams, EventsPerStream);
        await flood.PrepareAsync();

        var clock = Stopwatch.StartNew();
        // Spread over the kills, not all before the first.
        var publishing = flood.PublishAsync(TimeSpan.FromMilliseconds(600));
        for (var kill = 0; kill < Kills; kill++)
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
            "{0} events in {1} streams, each handled by two handlers one after the other, in {2:f0} s with {3} kills, {4} of them before the last; {5} deliveries were retried apart from their stream.",
            flood.Events, Streams, clock.Elapsed.TotalSeconds, Kills, handledBefore, retried);
    }
}
