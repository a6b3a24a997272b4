using System.Text.Json.Serialization;

namespace SoonShop.Aggregates;

/// <summary>
/// The stored content of one grain: its state and the number of published events. During a write it also has the events and ledger rows
/// that belong to the same transaction.
/// </summary>
/// <typeparam name="TState">An immutable record.</typeparam>
public sealed class StateEnvelope<TState> : IStateEnvelope where TState : class
{
    /// <summary>The state; null before the first write.</summary>
    public TState? State { get; init; }

    /// <summary>The number of events published so far. The next event has this number plus one.</summary>
    public long Sequence { get; init; }

    /// <summary>
    /// Hashes of the ids of events that this state includes, newest last and limited in number; null when the grain handles no events.
    /// </summary>
    [JsonPropertyName("handled")] public IReadOnlyList<string>? ProcessedEventIds { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public object? Index { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public IReadOnlyList<EventEnvelope> Events { get; init; } = [];

    /// <inheritdoc/>
    [JsonIgnore] public IReadOnlyList<ILedgerRow> Ledger { get; init; } = [];
}

/// <summary>The part of a state envelope that storage writes separately from the state.</summary>
public interface IStateEnvelope
{
    /// <summary>The fields by which SQL searches grains of this kind; null for none.</summary>
    object? Index { get; }

    /// <summary>Events to insert with the state.</summary>
    IReadOnlyList<EventEnvelope> Events { get; }

    /// <summary>Ledger rows to insert with the state, all of one ledger.</summary>
    IReadOnlyList<ILedgerRow> Ledger { get; }
}

/// <summary>A row to insert into a ledger, with the state that it leads to.</summary>
public interface ILedgerRow
{
    /// <summary>Unique per counter; the database rejects a duplicate.</summary>
    string OperationId { get; }
}

/// <summary>
/// A row to insert into the stock ledger. <paramref name="OperationId"/> is unique per SKU; the database rejects a duplicate.
/// </summary>
public sealed record LedgerRow(
    string Sku, long Sequence, string OperationId, DateTimeOffset At, string Kind, int Delta, int OnHandAfter, int ReservedAfter,
    string? Reference)
    : ILedgerRow;
