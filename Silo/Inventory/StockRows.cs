using SoonShop.Inventory;

namespace SoonShop.Silo.Inventory;

/// <summary>
/// Writes the SQL by which queries find the stock of a product. While only the default location sells, that is one row; otherwise the rows
/// of all locations that sell are added up. The ids of locations are slugs, so they can stand in the text of a query.
/// </summary>
/// <param name="locationsAsync">Returns the locations in force.</param>
internal sealed class StockRows(Func<ValueTask<LocationTable>> locationsAsync)
{
    /// <summary>Joins the stock of the product <c>p</c> at the default location.</summary>
    public const string JoinDefault = "left join grain_state_inventory i on i.state_name = 'inventory' and i.grain_key = p.grain_key";

    /// <summary>More units than any item has.</summary>
    private const string NeverPlenty = "2000000000";

    /// <summary>
    /// Returns the join of the stock of the product <c>p</c>, as <c>i.index</c> with the available units and the threshold. If one location
    /// has more than its threshold, the sum is plenty.
    /// </summary>
    public async ValueTask<string> JoinAsync()
    {
        var table = await locationsAsync();
        if (table.IsDefaultOnly)
            return JoinDefault;
        return $"""
            left join lateral (
              select jsonb_build_object(
                'available', least(sum(greatest((s.index ->> 'available')::int, 0)), {AdjustStock.MaxUnits}),
                'lowStockThreshold', case when bool_or((s.index ->> 'available')::int > (s.index ->> 'lowStockThreshold')::int)
                    then 0 else {NeverPlenty} end) as index
              from grain_state_inventory s
              where s.state_name = 'inventory' and s.grain_key in ({Keys(table, "p.grain_key")})) i on true
            """;
    }

    /// <summary>Returns the keys of the rows of a product at the locations that sell, to stand after <c>in</c>.</summary>
    /// <param name="key">The SQL of the product's key.</param>
    public async ValueTask<string> KeysAsync(string key) => Keys(await locationsAsync(), key);

    private static string Keys(LocationTable table, string key) => string.Join(", ", table.Selling.Select(l =>
        new StockKey("", l.Id).ToString() is { Length: > 0 } suffix ? $"{key} || '{suffix}'" : key));
}
