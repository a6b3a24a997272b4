using System.Text.Json;
using Orleans.Storage;
using SoonShop.Aggregates;

namespace SoonShop.Silo.Storage;

/// <summary>
/// Converts a state to what the database stores: a state envelope to state, index, events and ledger rows. <paramref name="others"/>
/// converts a state of any other type.
/// </summary>
internal sealed class StateSerializer(IGrainStorageSerializer others)
{
    /// <summary>The largest write in bytes. A grain beyond it has a bug, and the limit protects the database from it.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <exception cref="InvalidOperationException">The state is too large.</exception>
    public StateParts Write<T>(T state)
    {
        var parts = state is IStateEnvelope envelope
            ? new StateParts(
                Json(state), envelope.Index is { } index ? Json(index) : null,
                envelope.Events, DataOf(envelope.Events), envelope.Ledger)
            : new StateParts(others.Serialize(state).ToArray(), null, [], [], []);
        return parts.Bytes <= MaxBytes ? parts : throw TooLarge(parts.Bytes);
    }

    public T? Read<T>(byte[] state) =>
        IsDocument<T>.Value ? JsonSerializer.Deserialize<T>(state, StateJson.Options) : others.Deserialize<T>(new BinaryData(state));

    public static InvalidOperationException TooLarge(int bytes) =>
        new($"A write of {bytes} bytes exceeds {MaxBytes}. Store less in one grain.");

    private static byte[][] DataOf(IReadOnlyList<EventEnvelope> events)
    {
        if (events.Count == 0)
            return [];
        var data = new byte[events.Count][];
        for (var i = 0; i < data.Length; i++)
            data[i] = Json(events[i].Data);
        return data;
    }

    private static byte[] Json<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, value!.GetType(), StateJson.Options);

    /// <summary>Computes this once per type, not once per read.</summary>
    private static class IsDocument<T>
    {
        public static readonly bool Value = typeof(T).IsAssignableTo(typeof(IStateEnvelope));
    }
}
