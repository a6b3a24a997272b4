using System.Text.Json;
using SoonShop.Aggregates;
using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Silo.Storage;

/// <summary>Converts a state envelope to state, index, events and ledger rows.</summary>
internal sealed class ShopStateFormat : IStateFormat
{
    public bool Converts<T>() => IsEnvelope<T>.Value;

    public StateParts Write<T>(T state)
    {
        var envelope = (IStateEnvelope)state!;
        return new StateParts(
            Json(state), envelope.Index is { } index ? Json(index) : null,
            Convert(envelope.Events, ToRow), ShopTables.RowsOf(envelope.Ledger));
    }

    public T? Read<T>(byte[] state) => JsonSerializer.Deserialize<T>(state, StateJson.Options);

    private static TTo[] Convert<TFrom, TTo>(IReadOnlyList<TFrom> items, Func<TFrom, TTo> to)
    {
        if (items.Count == 0)
            return [];
        var converted = new TTo[items.Count];
        for (var i = 0; i < converted.Length; i++)
            converted[i] = to(items[i]);
        return converted;
    }

    private static CommittedEvent ToRow(EventEnvelope e) => new(
        e.Id, e.Source, e.Sequence, e.Type, e.Subject, e.StreamNamespace, e.StreamKey, e.Time, e.NotBefore, e.CorrelationId, e.CausationId,
        e.TraceParent, Json(e.Data));

    private static byte[] Json<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, value!.GetType(), StateJson.Options);

    /// <summary>Computes this once per type, not once per write.</summary>
    private static class IsEnvelope<T>
    {
        public static readonly bool Value = typeof(T).IsAssignableTo(typeof(IStateEnvelope));
    }
}
