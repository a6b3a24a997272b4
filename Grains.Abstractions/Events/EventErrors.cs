namespace SoonShop.Events;

/// <summary>A failed attempt of a handler, as the failure record keeps it.</summary>
/// <param name="Id">The failure's own id.</param>
/// <param name="At">When it failed.</param>
/// <param name="EventId">The event.</param>
/// <param name="EventType">Its type.</param>
/// <param name="Handler">The handler that failed.</param>
/// <param name="HandlerKey">The key of its grain.</param>
/// <param name="Attempt">1 for the first attempt of this handler with this event.</param>
/// <param name="Type">The class of the error.</param>
/// <param name="Exception">The exception's type name.</param>
/// <param name="Message">The exception's message.</param>
/// <param name="Stack">The exception with its stack, cut to a bounded length.</param>
/// <param name="Silo">Where it happened.</param>
/// <param name="TraceId">The trace that it belongs to.</param>
/// <param name="TookMs">How long the attempt ran, in milliseconds.</param>
/// <param name="ResolvedAt">When a later attempt succeeded, or somebody said so; null while open.</param>
/// <param name="ResolvedBy"><c>retry</c>, <c>replay</c>, or the administrator.</param>
[GenerateSerializer, Immutable, Alias("event-error")]
public sealed record EventError(
    Guid Id, DateTimeOffset At, string EventId, string EventType, string Handler, string HandlerKey, int Attempt, ErrorClass Type,
    string Exception, string Message, string Stack, string Silo, string? TraceId, double TookMs, DateTimeOffset? ResolvedAt, string? ResolvedBy);

/// <summary>Which failures, or which dead letters: all that match every criterion that is given.</summary>
/// <param name="Type">The class of the error.</param>
/// <param name="Handler">The handler.</param>
/// <param name="EventType">The event's type.</param>
/// <param name="Resolved">True for those that are done with, false for open ones.</param>
/// <param name="From">Failed at this time or later; of dead letters, became one.</param>
/// <param name="To">Failed before this time.</param>
/// <param name="Fingerprint">Of dead letters: the fingerprint of the message.</param>
[GenerateSerializer, Immutable, Alias("event-error-filter")]
public sealed record EventErrorFilter(
    ErrorClass? Type = null, string? Handler = null, string? EventType = null, bool? Resolved = null,
    DateTimeOffset? From = null, DateTimeOffset? To = null, string? Fingerprint = null);
