using Npgsql;
using SoonShop.Catalog;
using SoonShop.Silo.Inventory;

namespace SoonShop.Silo.Catalog;

/// <summary>
/// Finds related products: first those of the same orders (table <c>product_pair_total</c>), then those of the same category whose price
/// and name are closest.
/// </summary>
internal sealed class RelatedProductsQuery(NpgsqlDataSource database, TimeProvider time, StockRows stock) : IRelatedProducts
{
    /// <summary>The most products from the same orders that are looked at.</summary>
    private const int MaxBought = 100;

    /// <summary>The most products of the category that are looked at: so many below the price, and so many from it on.</summary>
    private const int MaxNear = 100;

    public async Task<RelatedProducts> FindAsync(RelatedQuery query, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"""
            with wanted as (
              select p.grain_key, p.name, p.category, p.price, {ProductRow.GroupId} as group_id
              from product_search p where p.grain_key = $1),
            bought as (
              select other, orders from product_pair_total where sku = $2 order by orders desc, other limit {MaxBought}),
            near as (
              select c.grain_key, similarity(c.name, w.name) - abs(ln((c.price + 1)::float8 / (w.price + 1))) as closeness
              from wanted w cross join lateral (
                (select p.grain_key, p.name, p.price from product_search p
                 where p.active and p.category = w.category and p.price >= w.price and {ProductRow.GroupId} <> w.group_id
                 order by p.price limit {MaxNear})
                union all
                (select p.grain_key, p.name, p.price from product_search p
                 where p.active and p.category = w.category and p.price < w.price and {ProductRow.GroupId} <> w.group_id
                 order by p.price desc limit {MaxNear})) c),
            found as (
              select ('sku/' || other) collate "default" as grain_key, 0 as level, orders::float8 as score from bought
              union all select grain_key, 1, closeness from near),
            best as (
              select distinct on ({ProductRow.GroupId}) p.grain_key, f.level, f.score
              from found f join product_search p on p.grain_key = f.grain_key cross join wanted w
              where p.active and {ProductRow.GroupId} <> w.group_id
              order by {ProductRow.GroupId}, f.level, f.score desc, p.grain_key),
            page as (select * from best order by level, score desc, grain_key limit $3)
            select g.state, g.version, {ProductRow.Available}, {ProductRow.Threshold}
            from page p join grain_state_product g on g.state_name = 'product' and g.grain_key = p.grain_key {await stock.JoinAsync()}
            order by p.level, p.score desc, p.grain_key
            """);
        var now = time.GetUtcNow();
        command.Parameters.Add(new() { Value = Sku.GrainKey(query.Sku) });
        command.Parameters.Add(new() { Value = query.Sku });
        command.Parameters.Add(new() { Value = query.Limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<Product>();
        while (await reader.ReadAsync(cancellation))
            items.Add(ProductRow.Read(reader, 0, now));
        return new RelatedProducts(items.ToImmutable());
    }
}
