using System.Text.Json;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Inventory;
using SoonShop.Silo.Inventory;

namespace SoonShop.Silo.Catalog;

/// <summary>A product as queries read it: its state, its version, and the stock beside it.</summary>
internal static class ProductRow
{
    /// <summary>The id of the group of the product <c>p</c>: its family, or else its SKU in lower case.</summary>
    public const string GroupId = "(coalesce(p.family, lower(substr(p.grain_key, 5))) collate \"C\")";

    /// <summary>The available units, with the join of <see cref="StockRows"/>.</summary>
    public const string Available = "coalesce((i.index ->> 'available')::int, 0)";

    /// <summary>The number of units at which stock counts as low.</summary>
    public static readonly string Threshold = $"coalesce((i.index ->> 'lowStockThreshold')::int, {StockState.DefaultLowStockThreshold})";

    /// <summary>Reads the columns state, version, available units and threshold.</summary>
    /// <param name="reader">The row.</param>
    /// <param name="column">The first of these columns.</param>
    /// <param name="now">The time, for the current prices.</param>
    public static Product Read(NpgsqlDataReader reader, int column, DateTimeOffset now)
    {
        var product =
            JsonSerializer.Deserialize<StateEnvelope<ProductState>>(reader.GetFieldValue<byte[]>(column), StateJson.Options)!.State!;
        var stock = new StockState(reader.GetInt32(column + 2), 0, reader.GetInt32(column + 3), 0);
        return product.ToView(stock.Availability, reader.GetInt32(column + 1), now);
    }
}
