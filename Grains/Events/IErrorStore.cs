namespace SoonShop.Events;

/// <summary>
/// The port to the record of failed attempts. For a store of your own, implement this and register it as a singleton after
/// <c>AddShop</c>: the last registration counts. <c>ErrorStoreContract</c> in the tests says in code what it must keep to.
/// </summary>
public interface IErrorStore
{
    /// <summary>The longest page that is asked for.</summary>
    const int MaxPage = PageRequest.MaxLimit;

    /// <summary>Keeps failures. Those whose ids are known already stay as they are.</summary>
    Task AddAsync(IReadOnlyList<EventError> failures, CancellationToken cancellation);

    /// <summary>Marks all open failures of one handling (an event, a handler, and its grain's key) as resolved.</summary>
    Task ResolveAsync(string eventId, string handler, string handlerKey, string by, CancellationToken cancellation);

    /// <summary>Marks one failure as resolved, unless it is; answers it, or null when there is none.</summary>
    Task<EventError?> ResolveAsync(Guid id, string by, CancellationToken cancellation);

    /// <summary>
    /// Failures that match, newest first (by time, then id). <see cref="EventErrorFilter.Fingerprint"/> is not looked at. A page may be
    /// shorter than its limit although more follow. Refused: <c>validation-failed</c> for a cursor that is none.
    /// </summary>
    Task<Result<Page<EventError>>> ListAsync(EventErrorFilter filter, PageRequest page, CancellationToken cancellation);

    /// <summary>Forgets failures that are older than an age, and the oldest beyond a number. Does it in bounded steps; answers how many went.</summary>
    Task<long> TrimAsync(TimeSpan keepFor, long keepAtMost, CancellationToken cancellation);
}
