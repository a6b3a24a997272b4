namespace SoonShop.Events;

/// <summary>An event handler grain implements this once for each event type that it handles.</summary>
/// <typeparam name="TEvent">The event.</typeparam>
public interface IHandle<in TEvent> where TEvent : IShopEvent
{
    /// <summary>
    /// Handles one event. Delivery is at least once: what this does must be harmless when done again for the same
    /// <see cref="EventContext.EventId"/>. Throwing makes the attempt fail; the handler's retry policy says what follows.
    /// </summary>
    Task HandleAsync(TEvent e, EventContext context);
}

/// <summary>What a handler may want to know beside the event.</summary>
/// <param name="Event">The envelope.</param>
/// <param name="Attempt">1 for the first attempt of this handler with this event.</param>
/// <param name="Cancellation">Signalled when the attempt's time is over.</param>
public sealed record EventContext(CloudEvent Event, int Attempt, CancellationToken Cancellation)
{
    /// <summary>The event's id.</summary>
    public string EventId => Event.Id;
}
