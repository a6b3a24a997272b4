namespace SoonShop.Events;

/// <summary>
/// The port to the store of failed attempts. To use a store of your own, implement this interface and register it as a singleton after
/// <c>AddShop</c>: the last registration wins. <c>ErrorStoreContract</c> in the tests checks the contract.
/// </summary>
public interface IErrorStore
{
    /// <summary>The largest page size that is requested.</summary>
    const int MaxPage = PageRequest.MaxLimit;

    /// <summary>Stores failures. Failures with known ids stay unchanged.</summary>
    Task AddAsync(IReadOnlyList<EventError> failures, CancellationToken cancellation);

    /// <summary>Marks all open failures of an event, a handler and its grain's key as resolved.</summary>
    Task ResolveAsync(string eventId, string handler, string handlerKey, string by, CancellationToken cancellation);

    /// <summary>Marks one failure as resolved, unless it is. Returns it, or null when there is none.</summary>
    Task<EventError?> ResolveAsync(Guid id, string by, CancellationToken cancellation);

    /// <summary>
    /// Lists matching failures, newest first (by time, then id). <see cref="EventErrorFilter.Fingerprint"/> is ignored. A page may be
    /// shorter than its limit although more follow. Error: <c>validation-failed</c> for an invalid cursor.
    /// </summary>
    Task<Result<Page<EventError>>> ListAsync(EventErrorFilter filter, PageRequest page, CancellationToken cancellation);

    /// <summary>
    /// Removes failures older than an age, and the oldest beyond a number, in bounded steps. Returns how many were removed.
    /// </summary>
    Task<long> TrimAsync(TimeSpan keepFor, long keepAtMost, CancellationToken cancellation);
}
