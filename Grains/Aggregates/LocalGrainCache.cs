using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace SoonShop.Aggregates;

/// <summary>
/// What the grains of one class that are active in this silo answer just now, by SKU: other grains of the silo read it here, and call only a
/// grain that is not here.
/// </summary>
/// <remarks>
/// It is what a call would be answered, not a copy that lags behind. A grain puts its answer here when it is activated and in the step in which it
/// adopts a commit, before anybody is told of it; it takes the answer away when a commit fails, so that nobody knows what holds, and before it
/// ends, which is before another silo can activate it. So whoever begins after a change was acknowledged finds the change.
/// </remarks>
public sealed class LocalGrainCache<T>
{
    private readonly ConcurrentDictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>The answer, when the grain is active in this silo.</summary>
    public bool TryGetValue(string sku, [MaybeNullWhen(false)] out T answer)
    {
        var found = entries.TryGetValue(sku, out var entry);
        answer = found ? entry!.Answer : default;
        return found;
    }

    /// <summary>An activation answers this from now on.</summary>
    public void Set(string sku, object activation, T answer) => entries[sku] = new Entry(activation, answer);

    /// <summary>An activation answers nothing more that could be read here. Does nothing when another one of the same grain does.</summary>
    public void Remove(string sku, object activation)
    {
        if (entries.TryGetValue(sku, out var entry) && ReferenceEquals(entry.Activation, activation))
            entries.TryRemove(KeyValuePair.Create(sku, entry));
    }

    private sealed record Entry(object Activation, T Answer);
}
