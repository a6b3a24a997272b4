using SoonShop.Aggregates;

namespace SoonShop.Events;

/// <summary>The port to insert events from outside into the event table. No grain's state is committed with them.</summary>
public interface IEventInbox
{
    /// <summary>
    /// Commits an event unless one with its id exists. False when it existed. Throws <see cref="UnavailableException"/> when it cannot be
    /// committed now; the outcome is then unknown.
    /// </summary>
    Task<bool> AcceptAsync(EventEnvelope e);
}
