namespace SoonShop.Silo.Streams;

/// <summary>
/// Takes over what a stream provider could not hand to its consumers. Register one for a provider by its name
/// (<c>AddKeyedSingleton&lt;IUndeliveredEvents, …&gt;(name)</c>) or one for all; without any, such events are kept in the
/// table <c>stream_undelivered</c>.
/// </summary>
public interface IUndeliveredEvents
{
    /// <summary>
    /// Takes the event over. Only when this has completed does the provider count the event as done with; when it throws,
    /// it is called again after a pause, so the same event may come more than once.
    /// </summary>
    Task TakeAsync(UndeliveredEvent undelivered, CancellationToken cancellation);
}

/// <summary>An event that was not handed over, and why.</summary>
/// <param name="Provider">The stream provider's name.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Position">Where the event stands in the event table, whose row is kept.</param>
/// <param name="EventId">The row's id.</param>
/// <param name="EventType">The row's type.</param>
/// <param name="Events">What was in it: one <see cref="SoonShop.Events.CloudEvent"/> for an event that was committed with a
/// state, otherwise what was published. Empty when it cannot be read.</param>
/// <param name="Reason">Why.</param>
/// <param name="Consumers">Whom it did not reach. Empty: that is not known, and it may be none of the stream's consumers or all.</param>
/// <param name="SubscriptionId">The subscription through which delivery failed, where that is known.</param>
/// <param name="Error">What was thrown last; null when nothing was.</param>
public sealed record UndeliveredEvent(
    string Provider, StreamId Stream, long Position, string EventId, string EventType, IReadOnlyList<object> Events,
    UndeliveredReason Reason, IReadOnlyList<GrainId> Consumers, Guid? SubscriptionId, Exception? Error);

/// <summary>Why an event was not handed over.</summary>
public enum UndeliveredReason
{
    /// <summary>Its payload cannot be deserialized: a poison message.</summary>
    Unreadable,

    /// <summary>A consumer could not be activated. No consumer of the stream has got the event.</summary>
    ConsumerUnavailable,

    /// <summary>A consumer kept failing until the time for delivery was over.</summary>
    DeliveryFailed,

    /// <summary>The stream has consumers, but Orleans did not hand it to any.</summary>
    NotHandedOver,
}
