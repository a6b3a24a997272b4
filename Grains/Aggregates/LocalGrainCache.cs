using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace SoonShop.Aggregates;

/// <summary>
/// Holds the current values of a class's grains that are active in this silo, by SKU or stock key. Other grains of the silo read the value
/// here and call only grains that are not active here.
/// </summary>
/// <remarks>
/// The value is always what a call would return, not a stale copy. A grain sets it at activation and when it adopts a commit, before the
/// commit's caller continues. It removes it when a commit fails, because the outcome may be unknown, and before it is deactivated, so
/// before another silo can activate it. So a read that begins after a change was acknowledged sees the change.
/// </remarks>
public sealed class LocalGrainCache<T>
{
    private readonly ConcurrentDictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>Gets the value if the grain is active in this silo.</summary>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T answer)
    {
        var found = entries.TryGetValue(key, out var entry);
        answer = found ? entry!.Answer : default;
        return found;
    }

    /// <summary>Sets the value of an activation.</summary>
    public void Set(string key, object activation, T answer) => entries[key] = new Entry(activation, answer);

    /// <summary>Removes the value of an activation. Does nothing if another activation of the grain has set one.</summary>
    public void Remove(string key, object activation)
    {
        if (entries.TryGetValue(key, out var entry) && ReferenceEquals(entry.Activation, activation))
            entries.TryRemove(KeyValuePair.Create(key, entry));
    }

    private sealed record Entry(object Activation, T Answer);
}
