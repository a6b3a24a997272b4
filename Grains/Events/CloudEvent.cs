namespace SoonShop.Events;

/// <summary>
/// A committed event as its handlers receive it: the attributes of CloudEvents 1.0, and the data as the JSON that was
/// committed, so that an event of a type that is not known here travels like any other.
/// </summary>
/// <param name="Id">Source and sequence: the same event published twice has the same id. Handlers deduplicate by it.</param>
/// <param name="Source">The grain that decided: <c>/order/9f…</c>.</param>
/// <param name="Sequence">1, 2, 3 … per source.</param>
/// <param name="Type">Such as <c>order.confirmed</c>.</param>
/// <param name="Subject">The key of the grain it tells of.</param>
/// <param name="StreamNamespace">The aggregate, or the namespace that the event named.</param>
/// <param name="StreamKey">Whom it concerns.</param>
/// <param name="Time">When it was decided, by the deciding silo's clock.</param>
/// <param name="NotBefore">For a scheduled event: when it was to be due.</param>
/// <param name="CorrelationId">The trace of the request that began it all.</param>
/// <param name="CausationId">The command or event that led to it.</param>
/// <param name="TraceParent">W3C trace context.</param>
/// <param name="Data">The event itself, as UTF-8 JSON.</param>
[GenerateSerializer, Immutable, Alias("cloud-event")]
public sealed record CloudEvent(
    string Id, string Source, long Sequence, string Type, string Subject, string StreamNamespace, string StreamKey,
    DateTimeOffset Time, DateTimeOffset? NotBefore, string? CorrelationId, string? CausationId, string? TraceParent, byte[] Data);
