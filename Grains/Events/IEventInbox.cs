using SoonShop.Aggregates;

namespace SoonShop.Events;

/// <summary>The port by which events from outside enter the event table: no grain's state is committed with them.</summary>
public interface IEventInbox
{
    /// <summary>
    /// Commits an event, unless one of its id is there: then nothing happens. False when it was there.
    /// Throws <see cref="UnavailableException"/> when it cannot be committed now; it may be there all the same.
    /// </summary>
    Task<bool> AcceptAsync(EventEnvelope e);
}
