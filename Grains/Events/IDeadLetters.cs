namespace SoonShop.Events;

/// <summary>The port to dead letters; <see cref="IEventAdminGrain"/> describes each operation.</summary>
public interface IDeadLetters
{
    /// <summary>Lists dead letters, newest first, one page at a time.</summary>
    Task<Result<Page<DeadLetter>>> ListAsync(EventErrorFilter filter, PageRequest page, CancellationToken cancellation);

    /// <summary>Returns the largest groups.</summary>
    Task<ImmutableArray<DeadLetterGroup>> GroupAsync(EventErrorFilter filter, DeadLetterGrouping by, CancellationToken cancellation);

    /// <summary>Finds a dead letter; null when there is none.</summary>
    Task<DeadLetterDetails?> FindAsync(Guid id, CancellationToken cancellation);

    /// <summary>Replays a dead letter to its handler.</summary>
    Task<Result<DeadLetter>> ReplayAsync(Guid id, string actor, CancellationToken cancellation);

    /// <summary>Replays the matching dead letters to their handlers.</summary>
    Task<ReplayResponse> ReplayAsync(EventErrorFilter filter, string actor, CancellationToken cancellation);

    /// <summary>Discards a dead letter.</summary>
    Task<Result<DeadLetter>> DiscardAsync(Guid id, string reason, string actor, CancellationToken cancellation);
}

/// <summary>The port to the event metrics of the whole cluster.</summary>
public interface IEventMetricsStore
{
    /// <summary>Reads the counts of the last minutes, and the current state of the queues.</summary>
    Task<EventStats> ReadAsync(int windowMinutes, CancellationToken cancellation);
}
