using System.Text.Json;
using Orleans.Storage;
using SoonShop.Aggregates;

namespace SoonShop.Silo.Storage;

/// <summary>
/// Takes a state apart into what the database keeps: a document into state, index, events and ledger rows; a state of any
/// other type is what <paramref name="others"/> makes of it.
/// </summary>
internal sealed class StateSerializer(IGrainStorageSerializer others)
{
    /// <summary>The largest write: a grain beyond it has a bug, and the database must not pay for that.</summary>
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

    public static InvalidOperationException TooLarge(int bytes) => new($"A write of {bytes} bytes exceeds {MaxBytes}. Keep less in one grain.");

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

    /// <summary>Asked once a type, not once a read.</summary>
    private static class IsDocument<T>
    {
        public static readonly bool Value = typeof(T).IsAssignableTo(typeof(IStateEnvelope));
    }
}
