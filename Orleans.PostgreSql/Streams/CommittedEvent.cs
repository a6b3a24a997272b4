namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// An event that is committed in the transaction of a grain's state, with the attributes of CloudEvents 1.0 (including its <c>sequence</c>,
/// correlation, causation and distributed-tracing extensions). Consumers of its stream receive it, or what
/// <see cref="PostgresStreamOptions.ReadCommitted"/> makes of it.
/// </summary>
/// <param name="Id">Unique in the database. When an event with the same id exists, the database refuses the write.</param>
/// <param name="Source">Who published it, such as a grain's path.</param>
/// <param name="Sequence">1, 2, 3 … per source; 0 when the source does not count.</param>
/// <param name="Type">The kind of event.</param>
/// <param name="Subject">What it is about.</param>
/// <param name="StreamNamespace">The namespace of its stream.</param>
/// <param name="StreamKey">The key of its stream. Events of one stream stay in order.</param>
/// <param name="Time">When it happened.</param>
/// <param name="NotBefore">When it is to be delivered; null for at once.</param>
/// <param name="CorrelationId">The request that it belongs to.</param>
/// <param name="CausationId">The command or event that caused it.</param>
/// <param name="TraceParent">W3C trace context.</param>
/// <param name="Data">Its content, as UTF-8 JSON.</param>
[GenerateSerializer, Immutable, Alias("postgres-committed-event")]
public sealed record CommittedEvent(
    string Id, string Source, long Sequence, string Type, string Subject, string StreamNamespace, string StreamKey,
    DateTimeOffset Time, DateTimeOffset? NotBefore, string? CorrelationId, string? CausationId, string? TraceParent, byte[] Data);
