using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SoonShop.Events;

/// <summary>
/// Counts events on this silo: as meter <c>SoonShop.Events</c>, and as sums since they were last taken, which are added up to the metrics
/// of the whole cluster. Tags are bounded: names that this version does not know are counted together.
/// </summary>
public sealed class EventMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.Events";

    /// <summary>The upper bounds of the histogram of handler times, in milliseconds; the last bucket has none.</summary>
    public static readonly ImmutableArray<double> BoundsMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

    /// <summary>The bounds for the lag. It can exceed the handler time by far when queues stand still.</summary>
    private static readonly ImmutableArray<double> LagBoundsMs =
    [
        5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 1_800_000,
    ];

    private const string Unknown = "unknown";

    private readonly EventTypes types;
    private readonly EventHandlers handlers;
    private readonly TimeProvider time;
    private readonly Counter<long> published, delivered, failed, retried, deadLettered;
    private readonly Histogram<double> handlerTime, lag;
    private readonly ConcurrentDictionary<(string EventType, string Handler, string Error), Sums> sums = new();
    private EventQueueState queue = new(0, 0, 0, 0, 0);
    private long observedAt;

    /// <summary>Creates the meter's instruments.</summary>
    public EventMetrics(IMeterFactory meters, EventTypes types, EventHandlers handlers, TimeProvider time)
    {
        (this.types, this.handlers, this.time) = (types, handlers, time);
        observedAt = time.GetTimestamp();
        var meter = meters.Create(MeterName);
        published = meter.CreateCounter<long>("soonshop.events.published", "{event}", "Events committed");
        delivered = meter.CreateCounter<long>("soonshop.events.delivered", "{event}", "Handled events, counted per handler");
        failed = meter.CreateCounter<long>("soonshop.events.failed", "{attempt}", "Attempts that failed");
        retried = meter.CreateCounter<long>("soonshop.events.retried", "{attempt}", "Attempts after the first");
        deadLettered = meter.CreateCounter<long>(
            "soonshop.events.dead_lettered", "{event}", "Events that became a dead letter of a handler");
        handlerTime = meter.CreateHistogram(
            "soonshop.events.handler_time", "ms", "The duration of attempts",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = BoundsMs });
        lag = meter.CreateHistogram(
            "soonshop.events.lag", "ms", "The time from an event's decision until it is handled",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = LagBoundsMs });
        meter.CreateObservableGauge(
            "soonshop.events.queue_depth", () => Volatile.Read(ref queue).Depth, "{event}",
            "Committed events of the cluster that are not done");
        meter.CreateObservableGauge(
            "soonshop.events.queue_lag", () => Volatile.Read(ref queue).LagSeconds, "s", "The age of the oldest event that is not done");
        meter.CreateObservableGauge(
            "soonshop.events.scheduled", () => Volatile.Read(ref queue).Scheduled, "{event}",
            "Scheduled events of the cluster that are not due");
        meter.CreateObservableGauge(
            "soonshop.events.retrying", () => Volatile.Read(ref queue).Retrying, "{event}",
            "Deliveries of the cluster that wait for a retry");
        meter.CreateObservableGauge(
            "soonshop.events.dead_letters", () => Volatile.Read(ref queue).DeadLetters, "{event}", "Open dead letters of the cluster");
    }

    /// <summary>Counts a committed event.</summary>
    public void Published(IShopEvent e)
    {
        published.Add(1, new TagList { { "event_type", e.Type }, { "domain", DomainOf(e.Type) } });
        var s = Of(e.Type, "", "");
        lock (s)
            s.Published++;
    }

    /// <summary>Counts a handler's attempt.</summary>
    public void Attempted(CloudEvent e, string handler, int attempt, AttemptResult result)
    {
        var (type, name) = (KnownType(e.Type), handlers.Find(handler) is null ? Unknown : handler);
        var error = result.Error is { } why ? NameOf(why.Class) : "";
        var tags = new TagList { { "event_type", type }, { "handler", name }, { "domain", DomainOf(type) } };
        handlerTime.Record(result.TookMs, tags);
        if (attempt > 1)
            retried.Add(1, tags);
        if (result.Succeeded)
        {
            delivered.Add(1, tags);
            lag.Record(Math.Max(0, (time.GetUtcNow() - (e.NotBefore ?? e.Time)).TotalMilliseconds), tags);
        }
        else
        {
            tags.Add("error_class", error);
            failed.Add(1, tags);
        }
        var s = Of(type, name, error);
        lock (s)
        {
            if (result.Succeeded)
                s.Delivered++;
            else
                s.Failed++;
            if (attempt > 1)
                s.Retried++;
            s.TotalMs += result.TookMs;
            s.Buckets[BucketOf(result.TookMs)]++;
        }
    }

    /// <summary>Counts an event that became a dead letter.</summary>
    public void DeadLettered(CloudEvent e, string handler, ErrorClass error)
    {
        var (type, name) = (KnownType(e.Type), handlers.Find(handler) is null ? Unknown : handler);
        deadLettered.Add(
            1, new TagList { { "event_type", type }, { "handler", name }, { "domain", DomainOf(type) }, { "error_class", NameOf(error) } });
        var s = Of(type, name, NameOf(error));
        lock (s)
            s.DeadLettered++;
    }

    /// <summary>Sets the state of the cluster's queues for the gauges.</summary>
    public void Observe(EventQueueState state)
    {
        Volatile.Write(ref queue, state);
        Volatile.Write(ref observedAt, time.GetTimestamp());
    }

    /// <summary>The age of the state of the queues.</summary>
    public TimeSpan ObservedFor => time.GetElapsedTime(Volatile.Read(ref observedAt));

    /// <summary>Takes the sums since the last call and resets them.</summary>
    public IReadOnlyList<EventSums> Take()
    {
        var taken = new List<EventSums>();
        foreach (var (key, s) in sums)
        {
            lock (s)
            {
                if (s.IsEmpty)
                    continue;
                taken.Add(new EventSums(
                    key.EventType, key.Handler, key.Error, s.Published, s.Delivered, s.Failed, s.Retried, s.DeadLettered, s.TotalMs,
                    [.. s.Buckets]));
                s.Clear();
            }
        }
        return taken;
    }

    /// <summary>Adds sums back that could not be stored.</summary>
    public void Restore(IReadOnlyList<EventSums> taken)
    {
        foreach (var t in taken)
        {
            var s = Of(t.EventType, t.Handler, t.ErrorClass);
            lock (s)
                s.Add(t);
        }
    }

    /// <summary>Returns the business domain of an event type: the part before the dot.</summary>
    public static string DomainOf(string eventType) => eventType.IndexOf('.') is > 0 and var dot ? eventType[..dot] : eventType;

    /// <summary>Returns the bucket of a duration.</summary>
    public static int BucketOf(double ms)
    {
        var i = 0;
        while (i < BoundsMs.Length && ms > BoundsMs[i])
            i++;
        return i;
    }

    private static string NameOf(ErrorClass error) => error.ToString().ToLowerInvariant();

    private string KnownType(string type) => types.Knows(type) ? type : Unknown;

    private Sums Of(string eventType, string handler, string error) => sums.GetOrAdd((eventType, handler, error), static _ => new Sums());

    private sealed class Sums
    {
        public long Published, Delivered, Failed, Retried, DeadLettered;
        public double TotalMs;
        public readonly long[] Buckets = new long[BoundsMs.Length + 1];

        public bool IsEmpty => (Published | Delivered | Failed | Retried | DeadLettered) == 0;

        public void Clear()
        {
            Published = Delivered = Failed = Retried = DeadLettered = 0;
            TotalMs = 0;
            Array.Clear(Buckets);
        }

        public void Add(EventSums t)
        {
            Published += t.Published;
            Delivered += t.Delivered;
            Failed += t.Failed;
            Retried += t.Retried;
            DeadLettered += t.DeadLettered;
            TotalMs += t.TotalMs;
            for (var i = 0; i < Buckets.Length; i++)
                Buckets[i] += t.Buckets[i];
        }
    }
}

/// <summary>Sums of one event type, handler and error class. Handler and class are empty where they do not apply.</summary>
public sealed record EventSums(
    string EventType, string Handler, string ErrorClass, long Published, long Delivered, long Failed, long Retried, long DeadLettered,
    double TotalMs, ImmutableArray<long> Buckets);
