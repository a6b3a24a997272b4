using System.Text.Json.Serialization;

namespace SoonShop.Aggregates;

/// <summary>
/// What one grain keeps: its state, the number of events it has published, and, only while a write is under way, what
/// goes to the database with it in the same transaction.
/// </summary>
/// <typeparam name="TState">An immutable record.</typeparam>
public sealed class StateEnvelope<TState> : IStateEnvelope where TState : class
{
    /// <summary>The state; null before the first write.</summary>
    public TState? State { get; init; }

    /// <summary>Events published so far; the next one has this number plus one.</summary>
    public long Sequence { get; init; }

    /// <summary>
    /// Marks of the events that this state is the answer to, the newest last, and only so many of them; null where the
    /// grain handles none.
    /// </summary>
    [JsonPropertyName("handled")] public IReadOnlyList<string>? ProcessedEventIds { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public object? Index { get; init; }

    /// <inheritdoc/>
    [JsonIgnore] public IReadOnlyList<EventEnvelope> Events { get; init; } = [];

    /// <inheritdoc/>
    [JsonIgnore] public IReadOnlyList<LedgerRow> Ledger { get; init; } = [];
}

/// <summary>The part of a document that storage handles apart from the state.</summary>
public interface IStateEnvelope
{
    /// <summary>The few fields by which grains of this kind are searched with SQL; null where none are.</summary>
    object? Index { get; }

    /// <summary>Events to insert with the state.</summary>
    IReadOnlyList<EventEnvelope> Events { get; }

    /// <summary>Stock movements to insert with the state.</summary>
    IReadOnlyList<LedgerRow> Ledger { get; }
}

/// <summary>A row of the stock ledger as it is written. <paramref name="OperationId"/> is unique per SKU: the database refuses the second.</summary>
public sealed record LedgerRow(
    string Sku, long Sequence, string OperationId, DateTimeOffset At, string Kind, int Delta, int OnHandAfter, int ReservedAfter, string? Reference);
