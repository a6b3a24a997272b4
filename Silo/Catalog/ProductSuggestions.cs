using Npgsql;
using SoonShop.Catalog;

namespace SoonShop.Silo.Catalog;

/// <summary>
/// Suggests categories and products. Products come from an index over the beginnings of their names' words, categories from memory.
/// </summary>
internal sealed class ProductSuggestions(NpgsqlDataSource database, TimeProvider time) : IProductSuggestions, IDisposable
{
    /// <summary>How long categories are kept, so how late a new category is suggested.</summary>
    private static readonly TimeSpan CategoryAge = TimeSpan.FromSeconds(10);

    /// <summary>The most categories.</summary>
    private const int MaxCategories = 10_000;

    /// <summary>The most levels of a category that are suggested.</summary>
    private const int MaxLevels = 10;

    private readonly SemaphoreSlim reading = new(1);
    private (CategoryNames Names, long ReadAt)? categories;

    public async Task<Suggestions> SuggestAsync(SuggestionQuery query, CancellationToken cancellation)
    {
        var names = await CategoriesAsync(cancellation);
        await using var command = database.CreateCommand("select spelling, grain_key, name from suggest_products($1, $2)");
        command.Parameters.Add(new() { Value = query.Text });
        command.Parameters.Add(new() { Value = query.Limit });
        var products = new List<Suggestion>();
        var typed = "";
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            if (!reader.IsDBNull(0))
                typed = reader.GetString(0);
            else
                products.Add(new Suggestion(reader.GetString(2), SuggestionKind.Product, Sku.OfGrainKey(reader.GetString(1))));
        }
        // Categories take a quarter, or what products leave.
        var found = names.Find(typed, Math.Max(Math.Max(1, query.Limit / 4), query.Limit - products.Count));
        return new Suggestions([.. found.Select(c => new Suggestion(c, SuggestionKind.Category, null)).Concat(products).Take(query.Limit)]);
    }

    /// <summary>Returns the categories. One call at a time reads them.</summary>
    private async Task<CategoryNames> CategoriesAsync(CancellationToken cancellation)
    {
        if (categories is { } known && time.GetElapsedTime(known.ReadAt) < CategoryAge)
            return known.Names;
        await reading.WaitAsync(cancellation);
        try
        {
            if (categories is { } newer && time.GetElapsedTime(newer.ReadAt) < CategoryAge)
                return newer.Names;
            var readAt = time.GetTimestamp();
            // Finds each category by one look into the index, without reading all products.
            await using var command = database.CreateCommand($"""
                with recursive found as (
                  (select category from product_search where active order by category limit 1)
                  union all
                  select (select p.category from product_search p where p.active and p.category > f.category order by p.category limit 1)
                  from found f where f.category is not null)
                select c.category, (search_spelling(c.category)).spelling from (
                  select distinct array_to_string(parts[:level], '/') as category
                  from (select string_to_array(category, '/') as parts from found where category is not null limit {MaxCategories}) f
                  cross join lateral generate_series(1, least(cardinality(parts), {MaxLevels})) level limit {MaxCategories}) c
                """);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            var read = new List<(string Category, string Spelling)>();
            while (await reader.ReadAsync(cancellation))
                read.Add((reader.GetString(0), reader.GetString(1)));
            var names = new CategoryNames(read);
            categories = (names, readAt);
            return names;
        }
        finally
        {
            reading.Release();
        }
    }

    public void Dispose() => reading.Dispose();
}
