using System.Diagnostics.Metrics;

namespace SoonShop.Silo.RabbitMq;

/// <summary>Metrics of the exchange of events with other systems, as meter <c>SoonShop.RabbitMq</c>.</summary>
internal sealed class RabbitMqMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.RabbitMq";

    private readonly Counter<long> published, received, failures, skipped;
    private (long Unsent, TimeSpan Lag)? backlog;
    private readonly Lock gate = new();

    /// <summary>Makes the meter's instruments.</summary>
    public RabbitMqMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        published = meter.CreateCounter<long>("soonshop.rabbitmq.published", "{event}", "Events that the broker confirmed, by event type");
        received = meter.CreateCounter<long>(
            "soonshop.rabbitmq.received", "{event}", "Messages taken from the inbox, by result: accepted, duplicate or rejected");
        failures = meter.CreateCounter<long>(
            "soonshop.rabbitmq.failures", "{failure}", "Connections that failed or were given up, by direction: out or in");
        skipped = meter.CreateCounter<long>(
            "soonshop.rabbitmq.skipped", "{event}", "Events of types that no running version knew, which were not published");
        meter.CreateObservableGauge<double>("soonshop.rabbitmq.lag", () => Backlog is { } b
            ? [new Measurement<double>(b.Lag.TotalSeconds)]
            : [], "s", "How long the oldest event that was not sent has been due");
        meter.CreateObservableGauge<long>("soonshop.rabbitmq.unsent", () => Backlog is { } b
            ? [new Measurement<long>(b.Unsent)]
            : [], "{event}", "Committed events beyond the publisher's position, up to 100,000, also those of types that are not published");
        // Counters export 0 before their first event.
        failures.Add(0, Direction("out"));
        failures.Add(0, Direction("in"));
        skipped.Add(0);
        foreach (var result in (string[])["accepted", "duplicate", "rejected"])
            Received(result, 0);
    }

    private (long Unsent, TimeSpan Lag)? Backlog
    {
        get { lock (gate) return backlog; }
    }

    /// <summary>Records events that the broker has.</summary>
    public void Published(string eventType, int count) => published.Add(count, new KeyValuePair<string, object?>("type", eventType));

    /// <summary>Records messages of the inbox.</summary>
    public void Received(string result, int count = 1) => received.Add(count, new KeyValuePair<string, object?>("result", result));

    /// <summary>Records a failed or lost connection.</summary>
    public void Failed(string direction) => failures.Add(1, Direction(direction));

    /// <summary>Records an event that was not published.</summary>
    public void Skipped() => skipped.Add(1);

    /// <summary>Records what waits.</summary>
    public void Observe((long Unsent, TimeSpan Lag) found)
    {
        lock (gate)
            backlog = found;
    }

    private static KeyValuePair<string, object?> Direction(string direction) => new("direction", direction);
}
