namespace SoonShop.Events;

/// <summary>
/// Tells which events a handler would ignore, so that a lane does not call the handler for them. Register one for a handler whose interest
/// changes over time. Which event types it can handle is known from its class.
/// </summary>
public interface IEventFilter
{
    /// <summary>The handler's name.</summary>
    string Handler { get; }

    /// <summary>False when the handler would ignore the event. If this throws, the handler gets the event.</summary>
    ValueTask<bool> WantsAsync(CloudEvent e, CancellationToken cancellation);
}
