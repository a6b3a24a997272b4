using Npgsql;
using SoonShop.Exports;
using SoonShop.Imports;
using SoonShop.Inventory;

namespace SoonShop.Silo.Exports;

/// <summary>
/// The stock of each product at each location that has some; the location is empty for the default one. Its import changes nothing while
/// nothing is sold.
/// </summary>
internal sealed class StockExport(NpgsqlDataSource database) : ICsvExport
{
    public string Kind => "stock";

    public IReadOnlyList<string> Columns { get; } = [SkuRows.Column, StockImport.OnHand, StockImport.Threshold, StockImport.AtLocation];

    public bool IsPersonal => false;

    public Task<Result<ExportRows>> ReadAsync(ExportQuery query, string? after, CancellationToken cancellation) => StateRows.ReadAsync(
        database,
        """
        select * from (
          (select p.grain_key, i.state
           from grain_state_product p left join grain_state_inventory i on i.state_name = 'inventory' and i.grain_key = p.grain_key
           where p.state_name = 'product' and p.state is not null and p.grain_key > $1 order by p.grain_key limit $2)
          union all
          (select grain_key, state from grain_state_inventory
           where state_name = 'inventory' and position('@' in grain_key) > 0 and state is not null and grain_key > $1
           order by grain_key limit $2)) stock
        order by grain_key limit $2
        """,
        after,
        reader =>
        {
            var stock = StateRows.State<StockState>(reader, 1) ?? StockState.Empty;
            var key = StockKey.Parse(Sku.OfGrainKey(reader.GetString(0)));
            var location = key.IsDefault ? "" : key.Location;
            return [[key.Sku, StateRows.Number(stock.OnHand), StateRows.Number(stock.LowStockThreshold), location]];
        },
        cancellation);
}
