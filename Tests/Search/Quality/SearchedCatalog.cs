using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Inventory;
using SoonShop.Silo.Catalog;
using SoonShop.Silo.Inventory;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Search.Quality;

/// <summary>The generated catalogue in a database of the shop, and the shop's search over it.</summary>
internal sealed class SearchedCatalog : IAsyncDisposable
{
    private const int BatchSize = 1000;
    private const int Writers = 2;
    private const int MaxCounted = 3000;
    private static readonly DateTimeOffset Created = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly PostgresServer server;
    private readonly string connectionString;

    private SearchedCatalog(PostgresServer server, string connectionString)
    {
        (this.server, this.connectionString) = (server, connectionString);
        Database = NpgsqlDataSource.Create(connectionString);
        Search = new ProductSearch(
            Database, TimeProvider.System, new SearchMisses(Options.Create(new SearchOptions()), TimeProvider.System),
            new StockRows(() => new(LocationTable.DefaultOnly)));
    }

    public NpgsqlDataSource Database { get; }

    public IProductSearch Search { get; }

    /// <summary>Fills a new database as the grains would: the rows are those that they write, and triggers do the rest.</summary>
    public static async Task<SearchedCatalog> CreateAsync(int size, CancellationToken cancellation)
    {
        var server = await PostgresServer.SharedAsync();
        var catalog = new SearchedCatalog(server, await server.CreateShopDatabaseAsync());
        var batches = Enumerable.Range(0, size).Chunk(BatchSize);
        await Parallel.ForEachAsync(
            batches, new ParallelOptions { MaxDegreeOfParallelism = Writers, CancellationToken = cancellation },
            async (batch, stop) => await catalog.AddAsync(batch, stop));
        await using var analyze = catalog.Database.CreateCommand("vacuum analyze");
        analyze.CommandTimeout = 600;
        await analyze.ExecuteNonQueryAsync(cancellation);
        return catalog;
    }

    /// <summary>Returns the numbers of the first products, best first.</summary>
    public async Task<int[]> FindAsync(string text, CancellationToken cancellation)
    {
        var query = new ProductQuery(text, null, null, null, null, null, ProductSort.Relevance, new PageRequest(LabelledQuery.Depth));
        var page = await Search.SearchAsync(query, cancellation);
        Assert.False(page.IsError, $"{text}: {page.Error?.Detail}");
        return [.. page.Value.Items.Select(p => int.Parse(p.Sku.Split('-')[1], CultureInfo.InvariantCulture))];
    }

    /// <summary>
    /// Counts the matches of a text by category: as the facet says, and one by one; null when they are too many to go through.
    /// </summary>
    public async Task<(Dictionary<string, int> Facet, Dictionary<string, int> Counted)?> CategoryCountsAsync(
        string text, CancellationToken cancellation)
    {
        var query = new ProductQuery(text, null, null, null, null, null, ProductSort.PriceAscending, new PageRequest(PageRequest.MaxLimit));
        var counted = new Dictionary<string, int>();
        var facet = new Dictionary<string, int>();
        do
        {
            var found = await Search.SearchAsync(query, cancellation);
            Assert.False(found.IsError, $"{text}: {found.Error?.Detail}");
            var page = found.Value;
            facet = page.Facets.Categories.ToDictionary(c => c.Category, c => c.Count);
            if (facet.Values.Sum() > MaxCounted)
                return null;
            foreach (var product in page.Items)
                counted[product.Category] = counted.GetValueOrDefault(product.Category) + 1;
            query = query with { Page = query.Page with { Cursor = page.NextCursor } };
        }
        while (query.Page.Cursor is not null);
        return (facet, counted);
    }

    /// <summary>Changes a product, as its grain would.</summary>
    public Task ChangeAsync(int number, Func<ProductContent, ProductContent> change, CancellationToken cancellation) =>
        WriteAsync([StateOf(number, change(GeneratedCatalog.ContentOf(GeneratedCatalog.Traits(number))))], cancellation);

    private Task AddAsync(IEnumerable<int> numbers, CancellationToken cancellation) =>
        WriteAsync(numbers.Select(n => StateOf(n, GeneratedCatalog.ContentOf(GeneratedCatalog.Traits(n)))), cancellation);

    private static ProductState StateOf(int number, ProductContent content) =>
        new() { Sku = GeneratedCatalog.SkuOf(number), Content = content, CreatedAt = Created, Published = true };

    private async Task WriteAsync(IEnumerable<ProductState> products, CancellationToken cancellation)
    {
        var (keys, states, indexes) = (new List<string>(), new List<byte[]>(), new List<string>());
        foreach (var product in products)
        {
            keys.Add(Sku.GrainKey(product.Sku));
            states.Add(JsonSerializer.SerializeToUtf8Bytes(new StateEnvelope<ProductState> { State = product }, StateJson.Options));
            indexes.Add(JsonSerializer.Serialize(ProductIndex.Of(product), StateJson.Options));
        }
        await using var command = Database.CreateCommand("""
            insert into grain_state (state_name, grain_key, version, state, index)
              select 'product', k, 1, s, i::jsonb from unnest($1, $2, $3) p(k, s, i)
              on conflict (state_name, grain_key)
                do update set version = grain_state.version + 1, state = excluded.state, index = excluded.index
            """);
        command.CommandTimeout = 120;
        command.Parameters.Add(new() { Value = keys });
        command.Parameters.Add(new() { Value = states, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        command.Parameters.Add(new() { Value = indexes });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await server.DropDatabaseAsync(connectionString);
    }
}
