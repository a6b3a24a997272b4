namespace SoonShop.Events;

/// <summary>
/// A committed event as its handlers receive it: the attributes of CloudEvents 1.0, and the data as the committed JSON. So an event of a
/// type that this version does not know is delivered like any other.
/// </summary>
/// <param name="Id">Source and sequence, so that an event that is published twice has the same id. Handlers deduplicate by it.</param>
/// <param name="Source">The grain that decided, such as <c>/order/9f…</c>.</param>
/// <param name="Sequence">1, 2, 3 … per source.</param>
/// <param name="Type">Such as <c>order.confirmed</c>.</param>
/// <param name="Subject">The key of the grain that the event is about.</param>
/// <param name="StreamNamespace">The aggregate, or the namespace that the event specifies.</param>
/// <param name="StreamKey">The id of the customer, or the SKU.</param>
/// <param name="Time">The time of the decision, by the deciding silo's clock.</param>
/// <param name="NotBefore">For a scheduled event: when it is due.</param>
/// <param name="CorrelationId">The trace of the original request.</param>
/// <param name="CausationId">The command or event that caused it.</param>
/// <param name="TraceParent">W3C trace context.</param>
/// <param name="Data">The event itself, as UTF-8 JSON.</param>
[GenerateSerializer, Immutable, Alias("cloud-event")]
public sealed record CloudEvent(
    string Id, string Source, long Sequence, string Type, string Subject, string StreamNamespace, string StreamKey,
    DateTimeOffset Time, DateTimeOffset? NotBefore, string? CorrelationId, string? CausationId, string? TraceParent, byte[] Data);
