using SoonShop.Events;

namespace SoonShop.Aggregates;

/// <summary>
/// The result of a rule: the next state with its events, the same state when there is nothing to do (such as for a repeated command), or an
/// error.
/// </summary>
public sealed record Decision<TState>(TState State, IReadOnlyList<IShopEvent> Events, Error? Error, bool Changed)
    where TState : class
{
    /// <summary>Changes to the next state.</summary>
    public static Decision<TState> To(TState next, params IReadOnlyList<IShopEvent> events) => new(next, events, null, true);

    /// <summary>Keeps the state: the command's effect is already there.</summary>
    public static Decision<TState> NoChange(TState current) => new(current, [], null, false);

    /// <summary>Fails with an error; nothing changes.</summary>
    public static implicit operator Decision<TState>(Error error) => new(null!, [], error, false);
}
