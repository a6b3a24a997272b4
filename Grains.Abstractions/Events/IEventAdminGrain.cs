namespace SoonShop.Events;

/// <summary>
/// Administration of events: figures, failures, dead letters. Any activation will do. The caller's role is checked at the
/// gateway; <c>actor</c> goes into the audit log.
/// </summary>
[Alias("event-admin")]
public interface IEventAdminGrain : IGrainWithIntegerKey
{
    /// <summary>The figures of the last so many minutes.</summary>
    [Alias("stats")]
    Task<EventStats> GetStatsAsync(int windowMinutes, CancellationToken cancellation = default);

    /// <summary>Failures, newest first. Refused: <c>validation-failed</c> for a cursor that is none.</summary>
    [Alias("errors")]
    Task<Result<Page<EventError>>> ListErrorsAsync(EventErrorFilter filter, PageRequest page, CancellationToken cancellation = default);

    /// <summary>Says that a failure is done with. Again: the same answer. Refused: <c>not-found</c>.</summary>
    [Alias("resolve-error"), Repeatable]
    Task<Result<EventError>> ResolveErrorAsync(Guid id, string actor);

    /// <summary>Dead letters, newest first; without <see cref="EventErrorFilter.Resolved"/> the open ones. Refused: <c>validation-failed</c> for a cursor that is none.</summary>
    [Alias("dead-letters")]
    Task<Result<Page<DeadLetter>>> ListDeadLettersAsync(EventErrorFilter filter, PageRequest page, CancellationToken cancellation = default);

    /// <summary>Open dead letters by what they have in common, the largest groups first, at most 100.</summary>
    [Alias("dead-letter-groups")]
    Task<ImmutableArray<DeadLetterGroup>> GroupDeadLettersAsync(EventErrorFilter filter, DeadLetterGrouping by, CancellationToken cancellation = default);

    /// <summary>One with its payload and every attempt. Refused: <c>not-found</c>.</summary>
    [Alias("dead-letter")]
    Task<Result<DeadLetterDetails>> GetDeadLetterAsync(Guid id, CancellationToken cancellation = default);

    /// <summary>Tries one again, soon. One that is being replayed stays so. Refused: <c>not-found</c>; <c>conflict</c> when it is resolved or discarded.</summary>
    [Alias("replay")]
    Task<Result<DeadLetter>> ReplayAsync(Guid id, string actor);

    /// <summary>Tries all open ones that match again, the oldest first, so many at a time.</summary>
    [Alias("replay-many")]
    Task<ReplayResponse> ReplayAsync(EventErrorFilter filter, string actor);

    /// <summary>Gives one up. Again: nothing. Refused: <c>not-found</c>; <c>conflict</c> when it is resolved or being replayed.</summary>
    [Alias("discard")]
    Task<Result<DeadLetter>> DiscardAsync(Guid id, string reason, string actor);
}
