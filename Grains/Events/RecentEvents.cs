using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SoonShop.Events;

/// <summary>Remembers the ids of the latest events, up to a capacity; the oldest is dropped for a new one.</summary>
internal sealed class RecentEvents(int capacity)
{
    private readonly HashSet<string> ids = [];
    private readonly Queue<string> order = new();

    public bool Contains(string id) => ids.Contains(id);

    public void Add(string id)
    {
        if (!ids.Add(id))
            return;
        order.Enqueue(id);
        if (order.Count > capacity)
            ids.Remove(order.Dequeue());
    }

    /// <summary>Appends the hash of an id to a list, and drops the oldest beyond the capacity.</summary>
    public static IReadOnlyList<string> Append(IReadOnlyList<string>? before, string id, int capacity)
    {
        var mark = MarkOf(id);
        if (before is null or { Count: 0 })
            return [mark];
        return before.Contains(mark) ? before : [.. before.Skip(Math.Max(0, before.Count + 1 - capacity)), mark];
    }

    /// <summary>True when the list contains this event.</summary>
    public static bool Contains(IReadOnlyList<string>? marks, string id) => marks is { Count: > 0 } && marks.Contains(MarkOf(id));

    /// <summary>
    /// Returns an id's hash: 64 bits of its SHA-256. It is short because every write contains the whole list. The chance that it equals one
    /// of a hundred remembered hashes is below one in 10^17 events.
    /// </summary>
    private static string MarkOf(string id) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 8));
}
