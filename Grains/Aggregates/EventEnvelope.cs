using SoonShop.Events;

namespace SoonShop.Aggregates;

/// <summary>
/// An event on its way into the event table; the attributes are those of CloudEvents 1.0 (with its <c>sequence</c>,
/// <c>correlation</c>, <c>causation</c> and distributed-tracing extensions).
/// </summary>
/// <param name="Id">Source and sequence: the same event published twice has the same id.</param>
/// <param name="Source">The grain that decided: <c>/order/9f…</c>.</param>
/// <param name="Sequence">1, 2, 3 … per source.</param>
/// <param name="Type">Such as <c>order.confirmed</c>.</param>
/// <param name="Subject">The key of the grain it tells of.</param>
/// <param name="StreamNamespace">The aggregate.</param>
/// <param name="StreamKey">Whom it concerns: the customer, or the SKU. Events of one stream stay in order.</param>
/// <param name="Time">When it was decided.</param>
/// <param name="NotBefore">When it is due; null at once.</param>
/// <param name="CorrelationId">The trace of the request that began it all.</param>
/// <param name="CausationId">The command or event that led to it.</param>
/// <param name="TraceParent">W3C trace context.</param>
/// <param name="Data">The event itself.</param>
public sealed record EventEnvelope(
    string Id, string Source, long Sequence, string Type, string Subject, string StreamNamespace, string StreamKey,
    DateTimeOffset Time, DateTimeOffset? NotBefore, string? CorrelationId, string? CausationId, string? TraceParent, IShopEvent Data);
