using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SoonShop.Events;

/// <summary>The ids of the last so many events; the oldest is forgotten for a new one.</summary>
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

    /// <summary>The marks of a list with one more at its end, and no more than so many.</summary>
    public static IReadOnlyList<string> Append(IReadOnlyList<string>? before, string id, int capacity)
    {
        var mark = MarkOf(id);
        if (before is null or { Count: 0 })
            return [mark];
        return before.Contains(mark) ? before : [.. before.Skip(Math.Max(0, before.Count + 1 - capacity)), mark];
    }

    /// <summary>True when the list has this event.</summary>
    public static bool Contains(IReadOnlyList<string>? marks, string id) => marks is { Count: > 0 } && marks.Contains(MarkOf(id));

    /// <summary>
    /// An id as documents keep it, since they are written whole each time: 64 bits of its SHA-256. That another of a hundred
    /// remembered ids has the same is less likely than once in 10^17 events.
    /// </summary>
    private static string MarkOf(string id) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 8));
}
