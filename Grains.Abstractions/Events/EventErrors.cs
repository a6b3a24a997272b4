namespace SoonShop.Events;

/// <summary>A failed attempt of a handler, as the error store has it.</summary>
/// <param name="Id">The id of the failure.</param>
/// <param name="At">When it failed.</param>
/// <param name="EventId">The event's id.</param>
/// <param name="EventType">The event's type.</param>
/// <param name="Handler">The handler that failed.</param>
/// <param name="HandlerKey">The key of its grain.</param>
/// <param name="Attempt">The number of the attempt for this handler and event; 1 for the first.</param>
/// <param name="Type">The class of the error.</param>
/// <param name="Exception">The exception's type name.</param>
/// <param name="Message">The exception's message.</param>
/// <param name="Stack">The exception with its stack trace, truncated.</param>
/// <param name="Silo">The silo on which it happened.</param>
/// <param name="TraceId">The trace that it belongs to.</param>
/// <param name="TookMs">The duration of the attempt in milliseconds.</param>
/// <param name="ResolvedAt">When a later attempt succeeded, or an administrator resolved it; null while it is open.</param>
/// <param name="ResolvedBy"><c>retry</c>, <c>replay</c>, or the administrator.</param>
[GenerateSerializer, Immutable, Alias("event-error")]
public sealed record EventError(
    Guid Id, DateTimeOffset At, string EventId, string EventType, string Handler, string HandlerKey, int Attempt, ErrorClass Type,
    string Exception, string Message, string Stack, string Silo, string? TraceId, double TookMs, DateTimeOffset? ResolvedAt,
    string? ResolvedBy);

/// <summary>A filter for failures or dead letters. All given criteria must match.</summary>
/// <param name="Type">The class of the error.</param>
/// <param name="Handler">The handler.</param>
/// <param name="EventType">The event's type.</param>
/// <param name="Resolved">True for resolved ones, false for open ones.</param>
/// <param name="From">Failed at or after this time. For dead letters: became one at or after this time.</param>
/// <param name="To">Failed before this time.</param>
/// <param name="Fingerprint">For dead letters: the fingerprint of the message.</param>
[GenerateSerializer, Immutable, Alias("event-error-filter")]
public sealed record EventErrorFilter(
    ErrorClass? Type = null, string? Handler = null, string? EventType = null, bool? Resolved = null,
    DateTimeOffset? From = null, DateTimeOffset? To = null, string? Fingerprint = null);
