namespace SoonShop.Catalog;

/// <summary>The latest changes of the catalogue, numbered.</summary>
/// <param name="epoch">Distinguishes these numbers from another log's.</param>
/// <param name="capacity">The most changes that are remembered.</param>
internal sealed class CatalogChangeLog(Guid epoch, int capacity)
{
    private readonly Queue<CatalogChange> changes = new();
    private long last;

    /// <summary>Adds changes; the oldest are dropped.</summary>
    public void Add(IEnumerable<CatalogChange> more)
    {
        foreach (var change in more)
        {
            changes.Enqueue(change);
            last++;
            if (changes.Count > capacity)
                changes.Dequeue();
        }
    }

    /// <summary>
    /// Returns the changes after a position, each product once. For a position that is not in this log, returns all known changes.
    /// </summary>
    public CatalogChangeBatch Since(CatalogChangePosition? after, double ageMs)
    {
        var known = after is not null && after.Epoch == epoch && after.Number <= last && last - after.Number <= changes.Count;
        var wanted = known ? changes.Skip(changes.Count - (int)(last - after!.Number)) : changes;
        return new CatalogChangeBatch(new CatalogChangePosition(epoch, last), known, Newest(wanted), ageMs);
    }

    private static ImmutableArray<CatalogChange> Newest(IEnumerable<CatalogChange> changes)
    {
        var newest = new Dictionary<string, CatalogChange>();
        foreach (var change in changes)
        {
            newest[change.Sku] = newest.TryGetValue(change.Sku, out var other)
                ? new CatalogChange(
                    change.Sku, Math.Max(change.ProductVersion, other.ProductVersion), Math.Max(change.StockVersion, other.StockVersion))
                : change;
        }
        return [.. newest.Values];
    }
}
