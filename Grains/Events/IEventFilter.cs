namespace SoonShop.Events;

/// <summary>
/// Knows which events a handler would only look at and leave: a lane does not call the handler with those. Register one for a
/// handler whose interest changes; which event types it handles at all is known from its class.
/// </summary>
public interface IEventFilter
{
    /// <summary>The handler's name.</summary>
    string Handler { get; }

    /// <summary>False when the handler would do nothing with the event. Where this throws, the handler gets the event.</summary>
    ValueTask<bool> WantsAsync(CloudEvent e, CancellationToken cancellation);
}
