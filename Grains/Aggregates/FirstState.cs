using SoonShop.Events;

namespace SoonShop.Aggregates;

/// <summary>The first state of a grain, and what is committed with it.</summary>
/// <param name="Grain">The grain.</param>
/// <param name="Name">The name of the state and of the aggregate.</param>
/// <param name="StreamKey">The key of the stream of its events.</param>
/// <param name="State">The state.</param>
/// <param name="Events">The events, with the entry of the audit log.</param>
/// <typeparam name="TState">An immutable record.</typeparam>
public sealed record FirstState<TState>(GrainId Grain, string Name, string StreamKey, TState State, IReadOnlyList<IShopEvent> Events)
    where TState : class
{
    /// <summary>The fields by which SQL searches grains of this kind; null for none.</summary>
    public object? Index { get; init; }

    /// <summary>The rows of a ledger.</summary>
    public IReadOnlyList<ILedgerRow> Ledger { get; init; } = [];

    /// <summary>Returns what is stored.</summary>
    /// <param name="now">The time of the events.</param>
    public StateEnvelope<TState> ToEnvelope(DateTimeOffset now) => new()
    {
        State = State,
        Sequence = Events.Count,
        Index = Index,
        Events = EventEnvelopes.Of(Name, Grain.Key.ToString()!, StreamKey, Events, 0, now),
        Ledger = Ledger,
    };
}

/// <summary>
/// The port that stores first states of many grains without activating them: an import of new products would otherwise activate a grain for
/// each, read what is not there, and deactivate the grain again.
/// </summary>
/// <remarks>
/// As with a grain's own commit, the state, its events and its ledger rows are written in one transaction, and only if the grain has no
/// row. An empty grain in memory reads it before its next call. So use this only for grains that do so (<c>CanBeAdded</c>). A grain that
/// keeps something in memory while it is empty does not: store its state before anything that makes others call it.
/// </remarks>
public interface IFirstStates
{
    /// <summary>Stores a first state. False when the grain has a row; nothing is written then.</summary>
    /// <exception cref="UnavailableException">The database cannot be reached. Whether the state is stored is unknown.</exception>
    Task<bool> TryAddAsync<TState>(FirstState<TState> first, CancellationToken cancellation) where TState : class;
}
