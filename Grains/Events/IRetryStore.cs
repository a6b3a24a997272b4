namespace SoonShop.Events;

/// <summary>The port to the store of failed deliveries: delayed retries and dead letters.</summary>
public interface IRetryStore
{
    /// <summary>
    /// Stores a delivery for a later attempt or as a dead letter. A repeated call for the same event, handler and key adds the failures and
    /// changes nothing else.
    /// </summary>
    /// <exception cref="Exception">The delivery could not be stored; the event must not be acknowledged.</exception>
    Task StoreAsync(FailedDelivery delivery, CancellationToken cancellation);
}

/// <summary>A failed delivery, and the next step.</summary>
/// <param name="Event">The event.</param>
/// <param name="Handler">The handler's name.</param>
/// <param name="HandlerKey">The key of the handler's grain.</param>
/// <param name="Failures">The failed attempts since the delivery was last stored, in order; at least one.</param>
/// <param name="Next">A delayed retry, or a dead letter.</param>
public sealed record FailedDelivery(
    CloudEvent Event, string Handler, string HandlerKey, ImmutableArray<FailedAttempt> Failures, NextStep Next);

/// <summary>One failed attempt.</summary>
/// <param name="Attempt">The number of the attempt for this handler and event; 1 for the first.</param>
/// <param name="Error">The error.</param>
/// <param name="At">The time, by the silo's clock.</param>
/// <param name="TookMs">The duration in milliseconds.</param>
public sealed record FailedAttempt(int Attempt, AttemptError Error, DateTimeOffset At, double TookMs);
