namespace SoonShop.Events;

/// <summary>What became of a delivery that failed.</summary>
[GenerateSerializer, Alias("delivery-status")]
public enum DeliveryStatus
{
    /// <summary>Another attempt is to come.</summary>
    Waiting,

    /// <summary>A dead letter: nothing is done until somebody replays or discards it.</summary>
    Dead,

    /// <summary>A later attempt succeeded.</summary>
    Resolved,

    /// <summary>Given up by an administrator.</summary>
    Discarded,
}

/// <summary>An event that a handler could not handle.</summary>
/// <param name="Id">Its own id.</param>
/// <param name="Status">What became of it.</param>
/// <param name="EventId">The event.</param>
/// <param name="EventType">Its type.</param>
/// <param name="EventTime">When it was decided.</param>
/// <param name="Handler">The handler.</param>
/// <param name="HandlerKey">The key of the handler's grain.</param>
/// <param name="Type">The class of the last error.</param>
/// <param name="Exception">Its exception's type name.</param>
/// <param name="Message">Its message.</param>
/// <param name="Fingerprint">The same for messages that differ only in numbers, ids and quoted parts.</param>
/// <param name="Attempts">Attempts that were made.</param>
/// <param name="Replays">How often it was replayed.</param>
/// <param name="FirstFailedAt">When the first attempt failed.</param>
/// <param name="LastFailedAt">When the last attempt failed.</param>
/// <param name="DeadAt">When it became a dead letter.</param>
/// <param name="DueAt">When the next attempt is due, where one is.</param>
/// <param name="EndedAt">When it was resolved or discarded.</param>
/// <param name="EndedBy">By whom.</param>
/// <param name="EndReason">Why it was discarded.</param>
[GenerateSerializer, Immutable, Alias("dead-letter")]
public sealed record DeadLetter(
    Guid Id, DeliveryStatus Status, string EventId, string EventType, DateTimeOffset EventTime, string Handler, string HandlerKey,
    ErrorClass Type, string Exception, string Message, string Fingerprint, int Attempts, int Replays,
    DateTimeOffset FirstFailedAt, DateTimeOffset LastFailedAt, DateTimeOffset? DeadAt, DateTimeOffset? DueAt,
    DateTimeOffset? EndedAt, string? EndedBy, string? EndReason);

/// <summary>A dead letter with all that is known of it.</summary>
/// <param name="Letter">The dead letter.</param>
/// <param name="Source">The grain that decided the event.</param>
/// <param name="Stream">Namespace and key of its stream.</param>
/// <param name="CorrelationId">The trace of the request that began it all.</param>
/// <param name="CausationId">The command or event that led to it.</param>
/// <param name="Data">The event's data: its JSON, or, where it is no text, Base64.</param>
/// <param name="DataIsText">False when <paramref name="Data"/> is Base64.</param>
/// <param name="History">Its failed attempts in order, at most the last 30.</param>
[GenerateSerializer, Immutable, Alias("dead-letter-details")]
public sealed record DeadLetterDetails(
    DeadLetter Letter, string Source, string Stream, string? CorrelationId, string? CausationId, string Data, bool DataIsText,
    ImmutableArray<DeadLetterAttempt> History);

/// <summary>One failed attempt of a dead letter.</summary>
/// <param name="Attempt">Which.</param>
/// <param name="At">When, by the clock of the silo.</param>
/// <param name="Type">The class of its error.</param>
/// <param name="Exception">The exception's type name.</param>
/// <param name="Message">The exception's message.</param>
/// <param name="Stack">The exception with its stack, cut to a bounded length.</param>
/// <param name="Silo">Where it happened.</param>
/// <param name="TookMs">How long it ran, in milliseconds.</param>
[GenerateSerializer, Immutable, Alias("dead-letter-attempt")]
public sealed record DeadLetterAttempt(
    int Attempt, DateTimeOffset At, ErrorClass Type, string Exception, string Message, string Stack, string Silo, double TookMs);

/// <summary>By what dead letters can be grouped.</summary>
[GenerateSerializer, Alias("dead-letter-grouping")]
public enum DeadLetterGrouping
{
    /// <summary>The handler.</summary>
    Handler,

    /// <summary>The event's type.</summary>
    EventType,

    /// <summary>The class of the last error.</summary>
    Type,

    /// <summary>What the last error's message has in common with others.</summary>
    Fingerprint,
}

/// <summary>Dead letters that have something in common.</summary>
/// <param name="Value">What they have in common.</param>
/// <param name="Count">How many there are.</param>
/// <param name="OldestAt">When the first of them became one.</param>
/// <param name="NewestAt">When the last of them became one.</param>
/// <param name="Message">The message of one of them.</param>
[GenerateSerializer, Immutable, Alias("dead-letter-group")]
public sealed record DeadLetterGroup(string Value, long Count, DateTimeOffset OldestAt, DateTimeOffset NewestAt, string Message);

/// <summary>What a replay of many did.</summary>
/// <param name="Replayed">Dead letters that are being replayed now.</param>
/// <param name="Remaining">Those that match, too, but exceed what one request takes: ask again.</param>
[GenerateSerializer, Immutable, Alias("dead-letter-replay")]
public sealed record ReplayResponse(int Replayed, long Remaining);
