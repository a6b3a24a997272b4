namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Receives events that a stream provider could not deliver. Register an implementation for one provider by its name
/// (<c>AddKeyedSingleton&lt;IUndeliveredEvents, …&gt;(name)</c>) or one for all. Without one, such events are stored in the
/// table <c>stream_undelivered</c>.
/// </summary>
public interface IUndeliveredEvents
{
    /// <summary>
    /// Takes the event over. The provider acknowledges the event when this has completed. When it throws, it is called again after
    /// a pause, so the same event may arrive more than once.
    /// </summary>
    Task TakeAsync(UndeliveredEvent undelivered, CancellationToken cancellation);
}

/// <summary>An event that was not delivered, and why.</summary>
/// <param name="Provider">The stream provider's name.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Position">The event's position in the event table. The row is kept.</param>
/// <param name="EventId">The row's id.</param>
/// <param name="EventType">The row's type.</param>
/// <param name="Events">Its content: one <see cref="CommittedEvent"/>, or what <see cref="PostgresStreamOptions.ReadCommitted"/> made of
/// it, for an event that was committed with a state; otherwise the published objects. Empty when it cannot be deserialized.</param>
/// <param name="Reason">Why.</param>
/// <param name="Consumers">The consumers that it did not reach. Empty when they are not known: it may be none or all.</param>
/// <param name="SubscriptionId">The subscription whose delivery failed, if known.</param>
/// <param name="Error">The last exception; null when there was none.</param>
public sealed record UndeliveredEvent(
    string Provider, StreamId Stream, long Position, string EventId, string EventType, IReadOnlyList<object> Events,
    UndeliveredReason Reason, IReadOnlyList<GrainId> Consumers, Guid? SubscriptionId, Exception? Error);

/// <summary>Why an event was not delivered.</summary>
public enum UndeliveredReason
{
    /// <summary>Its payload cannot be deserialized: a poison message.</summary>
    Unreadable,

    /// <summary>A consumer could not be activated. No consumer of the stream received the event.</summary>
    ConsumerUnavailable,

    /// <summary>A consumer failed until the delivery time was over.</summary>
    DeliveryFailed,

    /// <summary>The stream has consumers, but Orleans delivered it to none.</summary>
    NotHandedOver,
}
