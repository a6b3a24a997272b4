using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using SoonShop.Events;
using SoonShop.Orders;
using SoonShop.Payments;

namespace SoonShop.Tests.Rules;

public sealed class EventMetricsTests : IDisposable
{
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly EventTypes types = new([typeof(OrderPlaced).Assembly]);
    private readonly List<(string Instrument, double Value, Dictionary<string, object?> Tags)> seen = [];
    private readonly MeterListener listener = new();

    public EventMetricsTests()
    {
        var meters = services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, l) =>
        {
            // Other tests have meters of the same names.
            if (instrument.Meter.Scope == meters && instrument.Meter.Name is EventMetrics.MeterName or BusinessMetrics.MeterName)
                l.EnableMeasurementEvents(instrument);
        };
        // What is there from the start, as 0, is nothing that was seen.
        listener.SetMeasurementEventCallback<long>((i, v, tags, _) =>
        {
            if (v != 0)
                seen.Add((i.Name, v, Tags(tags)));
        });
        listener.SetMeasurementEventCallback<int>((i, v, tags, _) => seen.Add((i.Name, v, Tags(tags))));
        listener.SetMeasurementEventCallback<double>((i, v, tags, _) => seen.Add((i.Name, v, Tags(tags))));
        listener.Start();
    }

    private IMeterFactory Meters => services.GetRequiredService<IMeterFactory>();

    [Fact]
    public void what_happens_to_events_is_counted_under_names_that_are_known()
    {
        var metrics = new EventMetrics(Meters, types, new EventHandlers([typeof(EventHandlers).Assembly], types), TimeProvider.System);
        var known = Event("order.checkout-due");
        metrics.Attempted(known, "checkout-reminder", 2, new AttemptResult(null, 3));
        metrics.Attempted(
            Event($"made-up.{Guid.NewGuid()}"), $"nobody {Guid.NewGuid()}", 1,
            new AttemptResult(AttemptError.Of(new TimeoutException(), ErrorClass.Network, "S"), 7));
        metrics.DeadLettered(known, "checkout-reminder", ErrorClass.Network);

        Assert.Equal(1, Of("soonshop.events.delivered").Value);
        Assert.Equal(("order.checkout-due", "checkout-reminder", "order"), Names(Of("soonshop.events.delivered").Tags));
        Assert.Equal(("unknown", "unknown", "unknown"), Names(Of("soonshop.events.failed").Tags));
        Assert.Equal("network", Of("soonshop.events.failed").Tags["error_class"]);
        Assert.Equal(1, Of("soonshop.events.retried").Value);
        Assert.Equal(1, Of("soonshop.events.dead_lettered").Value);
        Assert.Equal([3.0, 7.0], seen.Where(s => s.Instrument == "soonshop.events.handler_time").Select(s => s.Value));

        var sums = metrics.Take();
        Assert.Empty(metrics.Take());
        metrics.Restore(sums);
        Assert.Equal((1, 1, 1, 1), Totals(metrics.Take()));
    }

    [Fact]
    public void the_business_is_told_by_its_events()
    {
        var metrics = new BusinessMetrics(Meters, TimeProvider.System);
        var transaction = new OrderSummary(Given.OrderId, "S-1", Given.Customer, "ada@example.com", Given.Usd(2999));
        metrics.Published(new OrderPlaced(transaction, []));
        metrics.Published(new OrderConfirmed(transaction));
        metrics.Published(new PaymentCaptured(Given.OrderId, Given.Customer, Given.Usd(2999), "pi"));
        metrics.Published(new PaymentFailed(Given.OrderId, null, Given.Usd(2999), "declined"));
        listener.RecordObservableInstruments();

        Assert.Equal((2999.0, "USD"), (Of("soonshop.revenue").Value, Of("soonshop.revenue").Tags["currency"]));
        Assert.Equal(["placed", "confirmed"], seen.Where(s => s.Instrument == "soonshop.orders").Select(s => s.Tags["status"]));
        Assert.Equal(["succeeded", "failed"], seen.Where(s => s.Instrument == "soonshop.payments").Select(s => s.Tags["outcome"]));
        Assert.Equal(1, Of("soonshop.active_users").Value);
    }

    public void Dispose()
    {
        listener.Dispose();
        services.Dispose();
    }

    private (string Instrument, double Value, Dictionary<string, object?> Tags) Of(string instrument) =>
        Assert.Single(seen, s => s.Instrument == instrument);

    private static (object?, object?, object?) Names(Dictionary<string, object?> tags) =>
        (tags["event_type"], tags["handler"], tags["domain"]);

    private static (long, long, long, long) Totals(IReadOnlyList<EventSums> sums) =>
        (sums.Sum(s => s.Delivered), sums.Sum(s => s.Failed), sums.Sum(s => s.Retried), sums.Sum(s => s.DeadLettered));

    private static Dictionary<string, object?> Tags(ReadOnlySpan<KeyValuePair<string, object?>> tags) => tags.ToArray().ToDictionary();

    private static CloudEvent Event(string type) =>
        new("id", "/source", 1, type, "s", "order", "k", DateTimeOffset.UtcNow, null, null, null, null, []);
}
