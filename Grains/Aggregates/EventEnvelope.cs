using SoonShop.Events;

namespace SoonShop.Aggregates;

/// <summary>
/// An event to insert into the event table, with the attributes of CloudEvents 1.0 (including its <c>sequence</c>, <c>correlation</c>,
/// <c>causation</c> and distributed-tracing extensions).
/// </summary>
/// <param name="Id">Source and sequence, so that an event that is published twice has the same id.</param>
/// <param name="Source">The grain that decided, such as <c>/order/9f…</c>.</param>
/// <param name="Sequence">1, 2, 3 … per source.</param>
/// <param name="Type">Such as <c>order.confirmed</c>.</param>
/// <param name="Subject">The key of the grain that the event is about.</param>
/// <param name="StreamNamespace">The aggregate.</param>
/// <param name="StreamKey">The id of the customer, or the SKU. Events of one stream stay in order.</param>
/// <param name="Time">The time of the decision.</param>
/// <param name="NotBefore">When the event is due; null for at once.</param>
/// <param name="CorrelationId">The trace of the original request.</param>
/// <param name="CausationId">The command or event that caused it.</param>
/// <param name="TraceParent">W3C trace context.</param>
/// <param name="Data">The event itself.</param>
public sealed record EventEnvelope(
    string Id, string Source, long Sequence, string Type, string Subject, string StreamNamespace, string StreamKey,
    DateTimeOffset Time, DateTimeOffset? NotBefore, string? CorrelationId, string? CausationId, string? TraceParent, IShopEvent Data);
