using System.Runtime.InteropServices;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>A sorted set of positions, optimized for adding in order and removing from the front.</summary>
internal sealed class SortedPositions
{
    private readonly List<long> positions = [];
    private int start;

    public int Count => positions.Count - start;

    public long Min => positions[start];

    public bool Contains(long position) => Find(position) >= 0;

    public bool Add(long position)
    {
        if (Count == 0 || position > positions[^1])
        {
            positions.Add(position);
            return true;
        }
        var at = Find(position);
        if (at >= 0)
            return false;
        positions.Insert(~at, position);
        return true;
    }

    public bool Remove(long position)
    {
        var at = Find(position);
        if (at < 0)
            return false;
        if (at == start)
            Skip(1);
        else
            positions.RemoveAt(at);
        return true;
    }

    public void Clear()
    {
        positions.Clear();
        start = 0;
    }

    /// <summary>True when a position lies between these two, both excluded.</summary>
    public bool AnyBetween(long low, long high)
    {
        var at = Find(low);
        at = at >= 0 ? at + 1 : ~at;
        return at < positions.Count && positions[at] < high;
    }

    public void RemoveUpTo(long position)
    {
        var at = Find(position);
        Skip((at >= 0 ? at + 1 : ~at) - start);
    }

    /// <summary>Returns the positions after this one, in order, up to the limit.</summary>
    public long[] After(long position, int limit = int.MaxValue)
    {
        var at = Find(position);
        var first = at >= 0 ? at + 1 : ~at;
        return CollectionsMarshal.AsSpan(positions).Slice(first, Math.Min(limit, positions.Count - first)).ToArray();
    }

    private int Find(long position) => positions.BinarySearch(start, positions.Count - start, position, null);

    private void Skip(int count)
    {
        start += count;
        // Skipped entries are removed once they are most of the list, so each position is moved about once.
        if (start > 64 && start > positions.Count / 2)
        {
            positions.RemoveRange(0, start);
            start = 0;
        }
    }
}
