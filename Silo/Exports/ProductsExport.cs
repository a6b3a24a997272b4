using Npgsql;
using SoonShop.Catalog;
using SoonShop.Exports;
using SoonShop.Imports.Products;
using SoonShop.Inventory;
using SoonShop.Silo.Catalog;
using SoonShop.Silo.Inventory;

namespace SoonShop.Silo.Exports;

/// <summary>All products with their variants, by the id of their group. Its import changes nothing.</summary>
internal sealed class ProductsExport(NpgsqlDataSource database, TimeProvider time) : ICsvExport
{
    /// <summary>The most products that are read at a time. The last group may be longer.</summary>
    private const int Limit = 500;

    /// <summary>Separates the last group and the columns in the position of an export: neither has it.</summary>
    private const char Separator = '\n';

    public string Kind => "products";

    public IReadOnlyList<string> Columns => ProductFileWriter.Columns;

    public bool IsPersonal => false;

    public async Task<Result<ExportRows>> ReadAsync(ExportQuery query, string? after, CancellationToken cancellation)
    {
        // The columns stay those of the first part, whatever is imported meanwhile.
        var columns = after is null ? await ColumnsAsync(cancellation) : [.. after.Split(Separator)[1..]];
        var (groups, next) = await GroupsAsync(after is null ? "" : after.Split(Separator)[0], cancellation);
        List<string[]> rows = [.. groups.SelectMany(
            g => ProductFileWriter.Write(g.Group, columns, sku => g.OnHand.GetValueOrDefault(sku)))];
        return new ExportRows(rows, next is null ? null : string.Join(Separator, [next, .. columns]))
        { Header = after is null ? columns : null };
    }

    private async Task<ImmutableArray<string>> ColumnsAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select distinct c from grain_state g,
              jsonb_array_elements_text(case when jsonb_typeof(g.index -> 'columns') = 'array' then g.index -> 'columns' else '[]' end) c
            where g.state_name = 'product-group' order by c limit 400
            """);
        var kept = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            kept.Add(reader.GetString(0));
        return ProductFileWriter.ColumnsWith(kept);
    }

    /// <summary>Reads the groups after an id, until there are enough products.</summary>
    private async Task<(List<(ProductGroup Group, Dictionary<string, int> OnHand)> Groups, string? Next)> GroupsAsync(
        string after, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"""
            with last as (
              select max(group_id) as id from (
                select {ProductRow.GroupId} as group_id from product_search p where {ProductRow.GroupId} > $1 order by 1 limit $2) products)
            select {ProductRow.GroupId}, g.state, g.version, {ProductRow.Available}, {ProductRow.Threshold},
                   i.state, t.state
            from last, product_search p
            join grain_state_product g on g.state_name = 'product' and g.grain_key = p.grain_key {StockRows.JoinDefault}
            left join grain_state t on t.state_name = 'product-group' and t.grain_key = $3 || ({ProductRow.GroupId})
            where {ProductRow.GroupId} > $1 and {ProductRow.GroupId} <= last.id
            order by {ProductRow.GroupId}, p.grain_key
            """);
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = Limit });
        command.Parameters.Add(new() { Value = ProductGroup.GrainKey("") });
        var groups = new List<(ProductGroup, Dictionary<string, int>)>();
        var (variants, onHand) = (new List<Product>(), new Dictionary<string, int>());
        string? id = null;
        ProductGroupContent? content = null;
        var count = 0;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        for (; await reader.ReadAsync(cancellation); count++)
        {
            if (reader.GetString(0) is var next && next != id)
            {
                Add();
                id = next;
                content = StateRows.State<ProductGroupState>(reader, 6)?.Content;
            }
            var variant = ProductRow.Read(reader, 1, time.GetUtcNow());
            variants.Add(variant);
            onHand[variant.Sku] = StateRows.State<StockState>(reader, 5)?.OnHand ?? 0;
        }
        Add();
        return (groups, count < Limit ? null : id);

        void Add()
        {
            if (id is null)
                return;
            ImmutableArray<Product> sorted = [.. variants.OrderBy(v => v.Position).ThenBy(v => v.Sku, StringComparer.Ordinal)];
            groups.Add((new ProductGroup(id, content ?? DerivedGroup.Of(sorted), sorted), onHand));
            (variants, onHand) = ([], []);
        }
    }
}
