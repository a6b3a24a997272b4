using SoonShop.Events;

namespace SoonShop.Aggregates;

/// <summary>
/// What a rule came to: the next state with the events that tell of it, the same state (nothing to do, such as a
/// command that was already carried out), or a refusal.
/// </summary>
public sealed record Decision<TState>(TState State, IReadOnlyList<IShopEvent> Events, Error? Error, bool Changed)
    where TState : class
{
    /// <summary>Go on to a next state.</summary>
    public static Decision<TState> To(TState next, params IReadOnlyList<IShopEvent> events) => new(next, events, null, true);

    /// <summary>Stay: the command's effect is there already.</summary>
    public static Decision<TState> NoChange(TState current) => new(current, [], null, false);

    /// <summary>Refuse; nothing changes.</summary>
    public static implicit operator Decision<TState>(Error error) => new(null!, [], error, false);
}
