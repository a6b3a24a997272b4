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

    /// <summary>The ids of a list with one more at its end, and no more than so many.</summary>
    public static IReadOnlyList<string> Append(IReadOnlyList<string>? before, string id, int capacity)
    {
        if (before is null or { Count: 0 })
            return [id];
        return before.Contains(id) ? before : [.. before.Skip(Math.Max(0, before.Count + 1 - capacity)), id];
    }
}
