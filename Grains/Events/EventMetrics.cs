using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SoonShop.Events;

/// <summary>
/// Counts what happens to events on this silo: as meter <c>SoonShop.Events</c>, and as sums since the last time they were
/// taken, from which the figures of the whole cluster are added up. Tags are bounded: names that are not known here are
/// counted together.
/// </summary>
public sealed class EventMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.Events";

    /// <summary>The upper bounds of the buckets of handler times, in milliseconds; the last bucket has none.</summary>
    public static readonly ImmutableArray<double> BoundsMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

    /// <summary>An event waits longer than its handling takes when queues stand still.</summary>
    private static readonly ImmutableArray<double> LagBoundsMs = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 1_800_000];

    private const string Unknown = "unknown";

    private readonly EventTypes types;
    private readonly EventHandlers handlers;
    private readonly TimeProvider time;
    private readonly Counter<long> published, delivered, failed, retried, deadLettered;
    private readonly Histogram<double> handlerTime, lag;
    private readonly ConcurrentDictionary<(string EventType, string Handler, string Error), Sums> sums = new();
    private EventQueueState queue = new(0, 0, 0, 0, 0);
    private long observedAt;

    /// <summary>Makes the meter's instruments.</summary>
    public EventMetrics(IMeterFactory meters, EventTypes types, EventHandlers handlers, TimeProvider time)
    {
        (this.types, this.handlers, this.time) = (types, handlers, time);
        observedAt = time.GetTimestamp();
        var meter = meters.Create(MeterName);
        published = meter.CreateCounter<long>("soonshop.events.published", "{event}", "Events committed");
        delivered = meter.CreateCounter<long>("soonshop.events.delivered", "{event}", "Events handled, once for each handler");
        failed = meter.CreateCounter<long>("soonshop.events.failed", "{attempt}", "Attempts that failed");
        retried = meter.CreateCounter<long>("soonshop.events.retried", "{attempt}", "Attempts after the first");
        deadLettered = meter.CreateCounter<long>("soonshop.events.dead_lettered", "{event}", "Events given up by a handler");
        handlerTime = meter.CreateHistogram("soonshop.events.handler_time", "ms", "How long attempts took", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = BoundsMs });
        lag = meter.CreateHistogram("soonshop.events.lag", "ms", "From an event's decision to its being handled", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = LagBoundsMs });
        meter.CreateObservableGauge("soonshop.events.queue_depth", () => Volatile.Read(ref queue).Depth, "{event}", "Committed events that are not done with, in the cluster");
        meter.CreateObservableGauge("soonshop.events.queue_lag", () => Volatile.Read(ref queue).LagSeconds, "s", "The age of the oldest of them");
        meter.CreateObservableGauge("soonshop.events.scheduled", () => Volatile.Read(ref queue).Scheduled, "{event}", "Events that wait for their time, in the cluster");
        meter.CreateObservableGauge("soonshop.events.retrying", () => Volatile.Read(ref queue).Retrying, "{event}", "Deliveries that wait for another attempt, in the cluster");
        meter.CreateObservableGauge("soonshop.events.dead_letters", () => Volatile.Read(ref queue).DeadLetters, "{event}", "Open dead letters, in the cluster");
    }

    /// <summary>An event was committed.</summary>
    public void Published(IShopEvent e)
    {
        published.Add(1, new TagList { { "event_type", e.Type }, { "domain", DomainOf(e.Type) } });
        var s = Of(e.Type, "", "");
        lock (s)
            s.Published++;
    }

    /// <summary>A handler had a try at an event.</summary>
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

    /// <summary>A handler gave an event up.</summary>
    public void DeadLettered(CloudEvent e, string handler, ErrorClass error)
    {
        var (type, name) = (KnownType(e.Type), handlers.Find(handler) is null ? Unknown : handler);
        deadLettered.Add(1, new TagList { { "event_type", type }, { "handler", name }, { "domain", DomainOf(type) }, { "error_class", NameOf(error) } });
        var s = Of(type, name, NameOf(error));
        lock (s)
            s.DeadLettered++;
    }

    /// <summary>How things stand in the cluster, for the gauges.</summary>
    public void Observe(EventQueueState state)
    {
        Volatile.Write(ref queue, state);
        Volatile.Write(ref observedAt, time.GetTimestamp());
    }

    /// <summary>Since the gauges were last told how things stand.</summary>
    public TimeSpan ObservedFor => time.GetElapsedTime(Volatile.Read(ref observedAt));

    /// <summary>What was counted since the last time; counting begins anew.</summary>
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
                    key.EventType, key.Handler, key.Error, s.Published, s.Delivered, s.Failed, s.Retried, s.DeadLettered, s.TotalMs, [.. s.Buckets]));
                s.Clear();
            }
        }
        return taken;
    }

    /// <summary>Takes back what could not be written down.</summary>
    public void Restore(IReadOnlyList<EventSums> taken)
    {
        foreach (var t in taken)
        {
            var s = Of(t.EventType, t.Handler, t.ErrorClass);
            lock (s)
                s.Add(t);
        }
    }

    /// <summary>The business domain of an event type: what stands before the dot.</summary>
    public static string DomainOf(string eventType) => eventType.IndexOf('.') is > 0 and var dot ? eventType[..dot] : eventType;

    /// <summary>The bucket of a time.</summary>
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

/// <summary>Sums of one event type, handler and class of error; the last two are empty where they say nothing.</summary>
public sealed record EventSums(
    string EventType, string Handler, string ErrorClass, long Published, long Delivered, long Failed, long Retried, long DeadLettered,
    double TotalMs, ImmutableArray<long> Buckets);
