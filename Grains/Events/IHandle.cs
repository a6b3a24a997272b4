namespace SoonShop.Events;

/// <summary>Handles one event type. An event handler grain implements it once per type.</summary>
/// <typeparam name="TEvent">The event type.</typeparam>
public interface IHandle<in TEvent> where TEvent : IShopEvent
{
    /// <summary>
    /// Handles one event. Delivery is at least once, so handling the same <see cref="EventContext.EventId"/> again must be harmless. An
    /// exception fails the attempt; the handler's retry policy decides what follows.
    /// </summary>
    Task HandleAsync(TEvent e, EventContext context);
}

/// <summary>The context of an event for its handler.</summary>
/// <param name="Event">The envelope.</param>
/// <param name="Attempt">The number of the attempt for this handler and event; 1 for the first.</param>
/// <param name="Cancellation">Signalled when the attempt times out.</param>
public sealed record EventContext(CloudEvent Event, int Attempt, CancellationToken Cancellation)
{
    /// <summary>The event's id.</summary>
    public string EventId => Event.Id;
}
