namespace SoonShop.Events;

/// <summary>The cluster's event metrics in a period. Counts are up to some seconds late.</summary>
/// <param name="From">The start of the period, a full minute.</param>
/// <param name="To">The end of the period, which is now.</param>
/// <param name="Totals">The total counts.</param>
/// <param name="PublishedPerSecond">Committed events per second.</param>
/// <param name="DeliveredPerSecond">Handled events per second.</param>
/// <param name="HandlerTimes">The durations of successful and failed attempts.</param>
/// <param name="Queue">The current state of the queues.</param>
/// <param name="ByEventType">Counts by event type.</param>
/// <param name="ByHandler">Counts by handler.</param>
/// <param name="ByErrorClass">Failures by error class.</param>
/// <param name="ByDomain">Counts by business domain, the first part of the event type.</param>
[GenerateSerializer, Immutable, Alias("event-stats")]
public sealed record EventStats(
    DateTimeOffset From, DateTimeOffset To, EventCounts Totals, double PublishedPerSecond, double DeliveredPerSecond,
    HandlerTimes HandlerTimes, EventQueueState Queue, ImmutableArray<EventCountsOf> ByEventType, ImmutableArray<EventCountsOf> ByHandler,
    ImmutableArray<EventCountsOf> ByErrorClass, ImmutableArray<EventCountsOf> ByDomain);

/// <summary>Counts of events.</summary>
/// <param name="Published">Committed events.</param>
/// <param name="Delivered">Handled events, counted per handler.</param>
/// <param name="Failed">Failed attempts.</param>
/// <param name="Retried">Attempts after the first.</param>
/// <param name="DeadLettered">Events that became dead letters.</param>
[GenerateSerializer, Immutable, Alias("event-counts")]
public sealed record EventCounts(long Published, long Delivered, long Failed, long Retried, long DeadLettered);

/// <summary>The counts and durations for one name.</summary>
/// <param name="Name">The event type, handler, error class or domain.</param>
/// <param name="Counts">The counts.</param>
/// <param name="HandlerTimes">The durations of attempts.</param>
[GenerateSerializer, Immutable, Alias("event-counts-of")]
public sealed record EventCountsOf(string Name, EventCounts Counts, HandlerTimes HandlerTimes);

/// <summary>The durations of attempts in milliseconds. Percentiles are interpolated within buckets.</summary>
[GenerateSerializer, Immutable, Alias("handler-times")]
public sealed record HandlerTimes(long Count, double MeanMs, double P50Ms, double P95Ms, double P99Ms);

/// <summary>The current state of the queues. Counts stop at 100,000.</summary>
/// <param name="Depth">Committed events that are not done.</param>
/// <param name="LagSeconds">The age of the oldest of these events, in seconds.</param>
/// <param name="Scheduled">Scheduled events that are not due.</param>
/// <param name="Retrying">Deliveries that wait for a retry.</param>
/// <param name="DeadLetters">Open dead letters.</param>
[GenerateSerializer, Immutable, Alias("event-queue-state")]
public sealed record EventQueueState(long Depth, double LagSeconds, long Scheduled, long Retrying, long DeadLetters);
