namespace SoonShop.Events;

/// <summary>The port to dead letters; see <see cref="IEventAdminGrain"/> for what each does.</summary>
public interface IDeadLetters
{
    /// <summary>One page, newest first.</summary>
    Task<Result<Page<DeadLetter>>> ListAsync(EventErrorFilter filter, PageRequest page, CancellationToken cancellation);

    /// <summary>The largest groups.</summary>
    Task<ImmutableArray<DeadLetterGroup>> GroupAsync(EventErrorFilter filter, DeadLetterGrouping by, CancellationToken cancellation);

    /// <summary>One; null when there is none.</summary>
    Task<DeadLetterDetails?> FindAsync(Guid id, CancellationToken cancellation);

    /// <summary>Sends one back to its handler.</summary>
    Task<Result<DeadLetter>> ReplayAsync(Guid id, string actor, CancellationToken cancellation);

    /// <summary>Sends those that match back to their handlers.</summary>
    Task<ReplayResponse> ReplayAsync(EventErrorFilter filter, string actor, CancellationToken cancellation);

    /// <summary>Gives one up.</summary>
    Task<Result<DeadLetter>> DiscardAsync(Guid id, string reason, string actor, CancellationToken cancellation);
}

/// <summary>The port to the figures of the whole cluster.</summary>
public interface IEventMetricsStore
{
    /// <summary>What was counted in the last so many minutes, and how things stand.</summary>
    Task<EventStats> ReadAsync(int windowMinutes, CancellationToken cancellation);
}
