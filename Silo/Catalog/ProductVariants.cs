using Npgsql;
using SoonShop.Catalog;
using SoonShop.Silo.Inventory;

namespace SoonShop.Silo.Catalog;

/// <summary>Reads the variants of product groups from the table <c>product_search</c>, which a trigger fills with each product.</summary>
internal sealed class ProductVariants(NpgsqlDataSource database, TimeProvider time, StockRows stock) : IProductVariants
{
    public async Task<IReadOnlyDictionary<string, ImmutableArray<Product>>> FindAsync(
        IReadOnlyCollection<string> groupIds, bool includesInactive, CancellationToken cancellation)
    {
        var groups = new Dictionary<string, List<Product>>();
        if (groupIds.Count > 0)
        {
            await using var command = database.CreateCommand($"""
                select p.group_id, g.state, g.version, {ProductRow.Available}, {ProductRow.Threshold}
                from variants_of_groups($1, $2, $3) p
                join grain_state_product g on g.state_name = 'product' and g.grain_key = p.grain_key {await stock.JoinAsync()}
                """);
            command.Parameters.Add(new() { Value = groupIds.ToArray() });
            command.Parameters.Add(new() { Value = includesInactive });
            command.Parameters.Add(new() { Value = ProductGroupContent.MaxVariantsShown });
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                var id = reader.GetString(0);
                if (!groups.TryGetValue(id, out var variants))
                    groups[id] = variants = [];
                variants.Add(ProductRow.Read(reader, 1, time.GetUtcNow()));
            }
        }
        return groups.ToDictionary(
            g => g.Key, g => ImmutableArray.CreateRange(g.Value.OrderBy(v => v.Position).ThenBy(v => v.Sku, StringComparer.Ordinal)));
    }

    public async Task<Result<Page<ProductGroupEntry>>> ListGroupsAsync(PageRequest page, CancellationToken cancellation)
    {
        const string Key = "product-groups";
        string[] after = [""];
        if (page.Cursor is { } cursor && !Cursor.TryRead(cursor, Key, 1, out after))
            return Cursor.Bad;
        await using var command = database.CreateCommand("""
            select grain_key, index ->> 'name', index ->> 'brand' from grain_state
            where state_name = 'product-group' and grain_key > $1 and index is not null order by grain_key limit $2
            """);
        command.Parameters.Add(new() { Value = ProductGroup.GrainKey(after[0]) });
        command.Parameters.Add(new() { Value = page.Limit + 1 });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<ProductGroupEntry>();
        var hasMore = false;
        while (await reader.ReadAsync(cancellation))
        {
            hasMore = items.Count == page.Limit;
            if (!hasMore)
            {
                items.Add(new ProductGroupEntry(
                    ProductGroup.OfGrainKey(reader.GetString(0)), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2)));
            }
        }
        return new Page<ProductGroupEntry>(items.ToImmutable(), hasMore ? Cursor.Write(Key, items[^1].Id) : null);
    }
}
