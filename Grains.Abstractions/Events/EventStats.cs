namespace SoonShop.Events;

/// <summary>What the cluster counted in a window of time. Counts are up to some seconds late.</summary>
/// <param name="From">The window's begin, a full minute.</param>
/// <param name="To">Its end: now.</param>
/// <param name="Totals">Everything.</param>
/// <param name="PublishedPerSecond">Throughput of commits.</param>
/// <param name="DeliveredPerSecond">Throughput of handlers.</param>
/// <param name="HandlerTimes">How long successful and failed attempts took.</param>
/// <param name="Queue">How things stand now.</param>
/// <param name="ByEventType">By event type.</param>
/// <param name="ByHandler">By handler.</param>
/// <param name="ByErrorClass">Failures by class of error.</param>
/// <param name="ByDomain">By business domain, the first part of the event type.</param>
[GenerateSerializer, Immutable, Alias("event-stats")]
public sealed record EventStats(
    DateTimeOffset From, DateTimeOffset To, EventCounts Totals, double PublishedPerSecond, double DeliveredPerSecond, HandlerTimes HandlerTimes,
    EventQueueState Queue, ImmutableArray<EventCountsOf> ByEventType, ImmutableArray<EventCountsOf> ByHandler,
    ImmutableArray<EventCountsOf> ByErrorClass, ImmutableArray<EventCountsOf> ByDomain);

/// <summary>Counts of events.</summary>
/// <param name="Published">Committed.</param>
/// <param name="Delivered">Handled; once for each handler.</param>
/// <param name="Failed">Failed attempts.</param>
/// <param name="Retried">Attempts after the first.</param>
/// <param name="DeadLettered">Given up.</param>
[GenerateSerializer, Immutable, Alias("event-counts")]
public sealed record EventCounts(long Published, long Delivered, long Failed, long Retried, long DeadLettered);

/// <summary>Counts of something, with the times of its attempts.</summary>
/// <param name="Name">Of what.</param>
/// <param name="Counts">The counts.</param>
/// <param name="HandlerTimes">How long attempts took.</param>
[GenerateSerializer, Immutable, Alias("event-counts-of")]
public sealed record EventCountsOf(string Name, EventCounts Counts, HandlerTimes HandlerTimes);

/// <summary>How long attempts took, in milliseconds. Percentiles are interpolated within buckets.</summary>
[GenerateSerializer, Immutable, Alias("handler-times")]
public sealed record HandlerTimes(long Count, double MeanMs, double P50Ms, double P95Ms, double P99Ms);

/// <summary>How things stand now. Counts stop at 100,000.</summary>
/// <param name="Depth">Committed events that are not done with.</param>
/// <param name="LagSeconds">The age of the oldest of them.</param>
/// <param name="Scheduled">Events that wait for their time.</param>
/// <param name="Retrying">Deliveries that wait for another attempt.</param>
/// <param name="DeadLetters">Dead letters.</param>
[GenerateSerializer, Immutable, Alias("event-queue-state")]
public sealed record EventQueueState(long Depth, double LagSeconds, long Scheduled, long Retrying, long DeadLetters);
