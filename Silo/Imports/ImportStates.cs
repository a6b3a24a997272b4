using Npgsql;
using SoonShop.Catalog;
using SoonShop.Imports;
using SoonShop.Inventory;
using SoonShop.Silo.Exports;
using SoonShop.Users;

namespace SoonShop.Silo.Imports;

internal sealed class ImportStates(NpgsqlDataSource database, IProductVariants variants, TimeProvider time) : IImportStates
{
    public Task<IReadOnlyDictionary<string, StockLevel>> FindStockAsync(IReadOnlyCollection<string> skus, CancellationToken cancellation) =>
        FindAsync(
            """
            select p.grain_key, i.state, coalesce(i.version, 0)
            from grain_state_product p left join grain_state_inventory i on i.state_name = 'inventory' and i.grain_key = p.grain_key
            where p.state_name = 'product' and p.state is not null and p.grain_key = any($1)
            """,
            skus, (sku, reader) => (StateRows.State<StockState>(reader, 1) ?? StockState.Empty).ToView(
                new StockKey(sku, Location.DefaultId), reader.GetInt32(2)),
            cancellation);

    public Task<IReadOnlyDictionary<string, StockLevel>> FindStockElsewhereAsync(
        IReadOnlyCollection<string> keys, CancellationToken cancellation) =>
        FindAsync(
            """
            select grain_key, state, version from grain_state_inventory
            where state_name = 'inventory' and state is not null and grain_key = any($1)
            """,
            keys, (key, reader) => StateRows.State<StockState>(reader, 1)?.ToView(StockKey.Parse(key), reader.GetInt32(2)), cancellation);

    public Task<IReadOnlyDictionary<string, Product>> FindProductsAsync(IReadOnlyCollection<string> skus, CancellationToken cancellation) =>
        FindAsync(
            """
            select grain_key, state, version from grain_state_product
            where state_name = 'product' and state is not null and grain_key = any($1)
            """,
            skus,
            (_, reader) =>
            {
                var version = reader.GetInt32(2);
                return StateRows.State<ProductState>(reader, 1)?.At(version).ToView(Availability.InStock, version, time.GetUtcNow());
            },
            cancellation);

    public async Task<IReadOnlyDictionary<string, ProductGroup>> FindGroupsAsync(
        IReadOnlyCollection<string> ids, CancellationToken cancellation)
    {
        var groups = new Dictionary<string, ProductGroup>();
        await using (var command = database.CreateCommand("""
            select grain_key, state, version from grain_state where state_name = 'product-group' and grain_key = any($1)
                and state is not null
            """))
        {
            command.Parameters.Add(new() { Value = ids.Select(ProductGroup.GrainKey).ToArray() });
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                var id = ProductGroup.OfGrainKey(reader.GetString(0));
                if (StateRows.State<ProductGroupState>(reader, 1)?.Content is { } content)
                    groups[id] = new ProductGroup(id, content, []) { Version = reader.GetInt32(2) };
            }
        }
        string[] others = [.. ids.Where(id => !groups.ContainsKey(id))];
        foreach (var (id, found) in await variants.FindAsync(others, includesInactive: true, cancellation))
            groups[id] = new ProductGroup(id, DerivedGroup.Of(found), found);
        return groups;
    }

    public async Task<IReadOnlySet<string>> FindStockedAsync(IReadOnlyCollection<string> skus, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select grain_key from grain_state_inventory where state_name = 'inventory' and grain_key = any($1)");
        command.Parameters.Add(new() { Value = skus.Select(Sku.GrainKey).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new HashSet<string>();
        while (await reader.ReadAsync(cancellation))
            found.Add(Sku.OfGrainKey(reader.GetString(0)));
        return found;
    }

    public async Task<IReadOnlyDictionary<string, KnownCustomer>> FindCustomersAsync(
        IReadOnlyCollection<string> normalizedEmails, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select state, version from grain_state_user where state_name = 'user' and index ->> 'email' = any($1) and state is not null");
        command.Parameters.Add(new() { Value = normalizedEmails.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new Dictionary<string, KnownCustomer>();
        while (await reader.ReadAsync(cancellation))
        {
            if (StateRows.State<UserState>(reader, 0) is { Erasure: null } user)
                found[user.NormalizedEmail] = new KnownCustomer(user.Id, user.ToPricingProfile(reader.GetInt32(1)));
        }
        return found;
    }

    private async Task<IReadOnlyDictionary<string, T>> FindAsync<T>(
        string sql, IEnumerable<string> skus, Func<string, NpgsqlDataReader, T?> read, CancellationToken cancellation) where T : class
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = skus.Select(Sku.GrainKey).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new Dictionary<string, T>();
        while (await reader.ReadAsync(cancellation))
        {
            var sku = Sku.OfGrainKey(reader.GetString(0));
            if (read(sku, reader) is { } state)
                found[sku] = state;
        }
        return found;
    }
}
