using Orleans.Storage;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// Converts a state to what the database stores. <paramref name="others"/> converts the states that <paramref name="format"/> does not.
/// </summary>
internal sealed class StateSerializer(IGrainStorageSerializer others, IStateFormat? format)
{
    /// <summary>The largest write in bytes. A grain beyond it has a bug, and the limit protects the database from it.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <exception cref="InvalidOperationException">The state is too large.</exception>
    public StateParts Write<T>(T state)
    {
        var parts = format?.Converts<T>() == true ? format.Write(state) : new StateParts(others.Serialize(state).ToArray(), null, [], []);
        return parts.Bytes <= MaxBytes ? parts : throw TooLarge(parts.Bytes);
    }

    public T? Read<T>(byte[] state) =>
        format?.Converts<T>() == true ? format.Read<T>(state) : others.Deserialize<T>(new BinaryData(state));

    public static InvalidOperationException TooLarge(int bytes) =>
        new($"A write of {bytes} bytes exceeds {MaxBytes}. Store less in one grain.");
}
