namespace SoonShop.Events;

/// <summary>The status of a failed delivery.</summary>
[GenerateSerializer, Alias("delivery-status")]
public enum DeliveryStatus
{
    /// <summary>Another attempt is due.</summary>
    Waiting,

    /// <summary>A dead letter, until somebody replays or discards it.</summary>
    Dead,

    /// <summary>A later attempt succeeded.</summary>
    Resolved,

    /// <summary>An administrator discarded it.</summary>
    Discarded,
}

/// <summary>An event that a handler failed to handle.</summary>
/// <param name="Id">The id of the dead letter.</param>
/// <param name="Status">The status.</param>
/// <param name="EventId">The event's id.</param>
/// <param name="EventType">The event's type.</param>
/// <param name="EventTime">The time of the event.</param>
/// <param name="Handler">The handler.</param>
/// <param name="HandlerKey">The key of the handler's grain.</param>
/// <param name="Type">The class of the last error.</param>
/// <param name="Exception">The type name of the last exception.</param>
/// <param name="Message">The message of the last exception.</param>
/// <param name="Fingerprint">Equal for messages that differ only in numbers, ids and quoted text.</param>
/// <param name="Attempts">The number of attempts.</param>
/// <param name="Replays">The number of replays.</param>
/// <param name="FirstFailedAt">When the first attempt failed.</param>
/// <param name="LastFailedAt">When the last attempt failed.</param>
/// <param name="DeadAt">When it became a dead letter.</param>
/// <param name="DueAt">When the next attempt is due, if there is one.</param>
/// <param name="EndedAt">When it was resolved or discarded.</param>
/// <param name="EndedBy">Who resolved or discarded it.</param>
/// <param name="EndReason">Why it was discarded.</param>
[GenerateSerializer, Immutable, Alias("dead-letter")]
public sealed record DeadLetter(
    Guid Id, DeliveryStatus Status, string EventId, string EventType, DateTimeOffset EventTime, string Handler, string HandlerKey,
    ErrorClass Type, string Exception, string Message, string Fingerprint, int Attempts, int Replays,
    DateTimeOffset FirstFailedAt, DateTimeOffset LastFailedAt, DateTimeOffset? DeadAt, DateTimeOffset? DueAt,
    DateTimeOffset? EndedAt, string? EndedBy, string? EndReason);

/// <summary>A dead letter with all its details.</summary>
/// <param name="Letter">The dead letter.</param>
/// <param name="Source">The grain that published the event.</param>
/// <param name="Stream">Namespace and key of its stream.</param>
/// <param name="CorrelationId">The trace of the original request.</param>
/// <param name="CausationId">The command or event that caused it.</param>
/// <param name="Data">The event's data: its JSON, or Base64 when it is not text.</param>
/// <param name="DataIsText">False when <c>data</c> is Base64.</param>
/// <param name="History">The failed attempts in order, at most the latest 30.</param>
[GenerateSerializer, Immutable, Alias("dead-letter-details")]
public sealed record DeadLetterDetails(
    DeadLetter Letter, string Source, string Stream, string? CorrelationId, string? CausationId, string Data, bool DataIsText,
    ImmutableArray<DeadLetterAttempt> History);

/// <summary>One failed attempt of a dead letter.</summary>
/// <param name="Attempt">The number of the attempt.</param>
/// <param name="At">The time, by the silo's clock.</param>
/// <param name="Type">The class of the error.</param>
/// <param name="Exception">The exception's type name.</param>
/// <param name="Message">The exception's message.</param>
/// <param name="Stack">The exception with its stack trace, truncated.</param>
/// <param name="Silo">The silo on which it happened.</param>
/// <param name="TookMs">The duration in milliseconds.</param>
[GenerateSerializer, Immutable, Alias("dead-letter-attempt")]
public sealed record DeadLetterAttempt(
    int Attempt, DateTimeOffset At, ErrorClass Type, string Exception, string Message, string Stack, string Silo, double TookMs);

/// <summary>The criteria by which dead letters can be grouped.</summary>
[GenerateSerializer, Alias("dead-letter-grouping")]
public enum DeadLetterGrouping
{
    /// <summary>The handler.</summary>
    Handler,

    /// <summary>The event's type.</summary>
    EventType,

    /// <summary>The class of the last error.</summary>
    Type,

    /// <summary>The fingerprint of the last error's message.</summary>
    Fingerprint,
}

/// <summary>A group of dead letters.</summary>
/// <param name="Value">The common value.</param>
/// <param name="Count">The number of dead letters.</param>
/// <param name="OldestAt">When the first one became a dead letter.</param>
/// <param name="NewestAt">When the last one became a dead letter.</param>
/// <param name="Message">The message of one of them.</param>
[GenerateSerializer, Immutable, Alias("dead-letter-group")]
public sealed record DeadLetterGroup(string Value, long Count, DateTimeOffset OldestAt, DateTimeOffset NewestAt, string Message);

/// <summary>The result of a replay of many dead letters.</summary>
/// <param name="Replayed">The number of dead letters that are being replayed now.</param>
/// <param name="Remaining">The number of further matches, beyond the limit of one request. Repeat the request for them.</param>
[GenerateSerializer, Immutable, Alias("dead-letter-replay")]
public sealed record ReplayResponse(int Replayed, long Remaining);
