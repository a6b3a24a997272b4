using Npgsql;
using SoonShop.Exports;
using SoonShop.Imports;
using SoonShop.Inventory;

namespace SoonShop.Silo.Exports;

/// <summary>The stock of each product. Its import changes nothing while nothing is sold.</summary>
internal sealed class StockExport(NpgsqlDataSource database) : ICsvExport
{
    public string Kind => "stock";

    public IReadOnlyList<string> Columns { get; } = [SkuRows.Column, StockImport.OnHand, StockImport.Threshold];

    public bool IsPersonal => false;

    public Task<Result<ExportRows>> ReadAsync(ExportQuery query, string? after, CancellationToken cancellation) => StateRows.ReadAsync(
        database,
        """
        select p.grain_key, i.state
        from grain_state_product p left join grain_state_inventory i on i.state_name = 'inventory' and i.grain_key = p.grain_key
        where p.state_name = 'product' and p.state is not null and p.grain_key > $1 order by p.grain_key limit $2
        """,
        after,
        reader =>
        {
            var stock = StateRows.State<StockState>(reader, 1) ?? StockState.Empty;
            return [[Sku.OfGrainKey(reader.GetString(0)), StateRows.Number(stock.OnHand), StateRows.Number(stock.LowStockThreshold)]];
        },
        cancellation);
}
