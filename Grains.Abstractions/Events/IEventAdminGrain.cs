namespace SoonShop.Events;

/// <summary>
/// Administration of events: metrics, failures, dead letters. Any key addresses it. The gateway checks the caller's role; <c>actor</c> is
/// recorded in the audit log.
/// </summary>
[Alias("event-admin")]
public interface IEventAdminGrain : IGrainWithIntegerKey
{
    /// <summary>Returns the metrics of the last minutes.</summary>
    [Alias("stats")]
    Task<EventStats> GetStatsAsync(int windowMinutes, CancellationToken cancellation = default);

    /// <summary>Lists failures, newest first. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("errors")]
    Task<Result<Page<EventError>>> ListErrorsAsync(EventErrorFilter filter, PageRequest page, CancellationToken cancellation = default);

    /// <summary>Marks a failure as resolved. A repeated call returns the same result. Error: <c>not-found</c>.</summary>
    [Alias("resolve-error"), Repeatable]
    Task<Result<EventError>> ResolveErrorAsync(Guid id, string actor);

    /// <summary>
    /// Lists dead letters, newest first; without <see cref="EventErrorFilter.Resolved"/> the open ones. Error: <c>validation-failed</c> for
    /// an invalid cursor.
    /// </summary>
    [Alias("dead-letters")]
    Task<Result<Page<DeadLetter>>> ListDeadLettersAsync(
        EventErrorFilter filter, PageRequest page, CancellationToken cancellation = default);

    /// <summary>Groups open dead letters by a criterion. Returns the largest groups first, at most 100.</summary>
    [Alias("dead-letter-groups")]
    Task<ImmutableArray<DeadLetterGroup>> GroupDeadLettersAsync(
        EventErrorFilter filter, DeadLetterGrouping by, CancellationToken cancellation = default);

    /// <summary>Returns a dead letter with its payload and every attempt. Error: <c>not-found</c>.</summary>
    [Alias("dead-letter")]
    Task<Result<DeadLetterDetails>> GetDeadLetterAsync(Guid id, CancellationToken cancellation = default);

    /// <summary>
    /// Replays a dead letter soon. Does nothing for one that is being replayed. Errors: <c>not-found</c>; <c>conflict</c> when it is
    /// resolved or discarded.
    /// </summary>
    [Alias("replay")]
    Task<Result<DeadLetter>> ReplayAsync(Guid id, string actor);

    /// <summary>Replays all matching open dead letters, oldest first, up to a limit per call.</summary>
    [Alias("replay-many")]
    Task<ReplayResponse> ReplayAsync(EventErrorFilter filter, string actor);

    /// <summary>
    /// Discards a dead letter. A repeated call does nothing. Errors: <c>not-found</c>; <c>conflict</c> when it is resolved or being
    /// replayed.
    /// </summary>
    [Alias("discard")]
    Task<Result<DeadLetter>> DiscardAsync(Guid id, string reason, string actor);
}
