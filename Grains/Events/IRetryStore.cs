namespace SoonShop.Events;

/// <summary>The port to what is kept of deliveries that failed: delayed retries and dead letters.</summary>
public interface IRetryStore
{
    /// <summary>
    /// Keeps a delivery for a later attempt, or as a dead letter. Doing it again for the same event, handler and key adds
    /// the failures and changes nothing else.
    /// </summary>
    /// <exception cref="Exception">It could not be stored: the event must not be acknowledged.</exception>
    Task StoreAsync(FailedDelivery delivery, CancellationToken cancellation);
}

/// <summary>A delivery that failed, and what is to follow.</summary>
/// <param name="Event">The event.</param>
/// <param name="Handler">The handler's name.</param>
/// <param name="HandlerKey">The key of the handler's grain.</param>
/// <param name="Failures">The attempts that failed since the delivery was last stored, in order; at least one.</param>
/// <param name="Next">A later retry, or the dead letters.</param>
public sealed record FailedDelivery(CloudEvent Event, string Handler, string HandlerKey, ImmutableArray<FailedAttempt> Failures, NextStep Next);

/// <summary>One failed attempt.</summary>
/// <param name="Attempt">1 for the first of this handler with this event.</param>
/// <param name="Error">Why.</param>
/// <param name="At">When, by the clock of the silo.</param>
/// <param name="TookMs">For how long it ran, in milliseconds.</param>
public sealed record FailedAttempt(int Attempt, AttemptError Error, DateTimeOffset At, double TookMs);
