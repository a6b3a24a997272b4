using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Inventory;

namespace SoonShop.Silo.Search;

/// <summary>
/// Searches the product partition of the state table. Words are matched by PostgreSQL's full-text search; a word that
/// occurs nowhere is replaced by those most like it (trigrams). One statement answers page and facets from the same set.
/// </summary>
internal sealed partial class ProductSearch(NpgsqlDataSource database) : IProductSearch
{
    /// <summary>Words of a query that count; more are left out.</summary>
    private const int MaxWords = 10;

    /// <summary>The bounds of the price facet's bands, minor units.</summary>
    private static readonly long[] PriceBounds = [1000, 2500, 5000, 10_000, 25_000];

    public async Task<Outcome<ProductPage>> SearchAsync(ProductQuery query, CancellationToken cancellation)
    {
        var words = WordPattern.Matches(query.Text?.ToLowerInvariant() ?? "").Select(m => m.Value).Take(MaxWords).ToArray();
        var sort = query.Sort == ProductSort.Relevance && words.Length == 0 ? ProductSort.Name : query.Sort;
        var key = string.Join('|', string.Join(' ', words), query.Category, query.Family, query.MinPrice, query.MaxPrice, query.InStock, sort);
        string[] after = [];
        if (query.Page.Cursor is { } cursor
            && (!Cursor.TryRead(cursor, key, 2, out after) || (IsNumeric(sort) && !long.TryParse(after[0], CultureInfo.InvariantCulture, out _))))
            return Cursor.Bad;
        // Text without a single letter or digit, such as "?!", matches nothing.
        if (words.Length == 0 && !string.IsNullOrWhiteSpace(query.Text))
            return new ProductPage([], null, new Facets([], []));

        await using var command = database.CreateCommand();
        string Parameter(object value)
        {
            command.Parameters.Add(new() { Value = value });
            return $"${command.Parameters.Count}";
        }
        var rank = "0::bigint";
        var match = "true";
        if (words.Length > 0)
        {
            var alternatives = await AlternativesAsync(words, cancellation);
            var english = Parameter(TextQuery(words, alternatives));
            var phrase = Parameter(string.Join(' ', words));
            match = $"(product_words(p.index) @@ to_tsquery('english', {english}) or product_words(p.index) @@ to_tsquery('simple', {english}))";
            rank = $"""
                (1000000 * (ts_rank_cd(product_words(p.index), to_tsquery('english', {english}))
                          + ts_rank_cd(product_words(p.index), to_tsquery('simple', {english}))
                          + word_similarity({phrase}, lower(p.index ->> 'name'))))::bigint
                """;
        }
        var family = query.Family is { } f ? $"p.index ->> 'family' = {Parameter(f)}" : "true";
        var stock = query.InStock switch { true => "coalesce((i.index ->> 'available')::int, 0) > 0", false => "coalesce((i.index ->> 'available')::int, 0) <= 0", null => "true" };
        var inCategory = query.Category is { } c ? $"(category = {Parameter(c)} or starts_with(category, {Parameter(c + "/")}))" : "true";
        var inPrice = $"price between {Parameter(query.MinPrice ?? 0)} and {Parameter(query.MaxPrice ?? long.MaxValue)}";
        var (column, order, beyond) = sort switch
        {
            ProductSort.Relevance => ("rank", "desc", "<"),
            ProductSort.PriceAscending => ("price", "asc", ">"),
            ProductSort.PriceDescending => ("price", "desc", "<"),
            ProductSort.Newest => ("created_at", "desc", "<"),
            _ => ("name", "asc", ">"),
        };
        var rest = "true";
        if (after.Length > 0)
        {
            var value = Parameter(IsNumeric(sort) ? long.Parse(after[0], CultureInfo.InvariantCulture) : after[0]);
            rest = $"({column} {beyond} {value} or ({column} = {value} and grain_key > {Parameter(after[1])}))";
        }
        command.CommandText = $"""
            with matches as materialized (
              select p.grain_key, p.state, p.version, p.index ->> 'category' as category, (p.index ->> 'price')::bigint as price,
                     lower(p.index ->> 'name') as name, p.index ->> 'createdAt' as created_at, {rank} as rank,
                     coalesce((i.index ->> 'available')::int, 0) as available,
                     coalesce((i.index ->> 'lowStockThreshold')::int, {StockState.DefaultLowStockThreshold}) as threshold
              from grain_state_product p
              left join grain_state_inventory i on i.state_name = 'inventory' and i.grain_key = p.grain_key
              where (p.index ->> 'active')::boolean and {match} and {family} and {stock})
            (select 0 as kind, grain_key as key, state, version, available, threshold, {column}::text as sort_value
             from matches where {inCategory} and {inPrice} and {rest}
             order by {column} {order}, grain_key limit {query.Page.Limit + 1})
            union all
            (select 1, category, null, count(*)::int, 0, 0, null from matches where {inPrice} group by category order by count(*) desc, category limit 100)
            union all
            (select 2, width_bucket(price, {Parameter(PriceBounds)})::text, null, count(*)::int, 0, 0, null
             from matches where {inCategory} group by 2 order by 2)
            """;
        return await ReadAsync(command, key, query.Page.Limit, cancellation);
    }

    private static async Task<ProductPage> ReadAsync(NpgsqlCommand command, string key, int limit, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<Product>();
        var categories = ImmutableArray.CreateBuilder<CategoryFacet>();
        var prices = ImmutableArray.CreateBuilder<PriceFacet>();
        string? next = null, lastSort = null, lastKey = null;
        while (await reader.ReadAsync(cancellation))
        {
            switch (reader.GetInt32(0))
            {
                case 0 when items.Count == limit:
                    next = Cursor.Write(key, lastSort!, lastKey!);
                    break;
                case 0:
                    var product = JsonSerializer.Deserialize<Document<ProductState>>(reader.GetFieldValue<byte[]>(2), StateJson.Options)!.State!;
                    var stock = new StockState(reader.GetInt32(4), 0, reader.GetInt32(5), 0);
                    items.Add(product.ToView(stock.Availability, reader.GetInt32(3)));
                    (lastKey, lastSort) = (reader.GetString(1), reader.GetString(6));
                    break;
                case 1:
                    categories.Add(new CategoryFacet(reader.GetString(1), reader.GetInt32(3)));
                    break;
                default:
                    var band = int.Parse(reader.GetString(1), CultureInfo.InvariantCulture);
                    prices.Add(new PriceFacet(band == 0 ? 0 : PriceBounds[band - 1], band == PriceBounds.Length ? null : PriceBounds[band], reader.GetInt32(3)));
                    break;
            }
        }
        return new ProductPage(items.ToImmutable(), next, new Facets(categories.ToImmutable(), prices.ToImmutable()));
    }

    /// <summary>For each word that occurs in no product, not even as a beginning: the words most like it.</summary>
    private async Task<Dictionary<string, string[]>> AlternativesAsync(string[] words, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select asked.word, array(
              select known.word from search_word known where known.word % asked.word
              order by similarity(known.word, asked.word) desc, known.word limit 3)
            from unnest($1) as asked(word)
            where length(asked.word) >= 3 and not exists (select from search_word known where starts_with(known.word, asked.word))
            """);
        command.Parameters.Add(new() { Value = words });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var alternatives = new Dictionary<string, string[]>();
        while (await reader.ReadAsync(cancellation))
            alternatives[reader.GetString(0)] = reader.GetFieldValue<string[]>(1);
        return alternatives;
    }

    /// <summary>
    /// All words must match, each or one of its alternatives, and each may be a beginning. Words are letters and digits
    /// only, so they need no quoting.
    /// </summary>
    private static string TextQuery(string[] words, Dictionary<string, string[]> alternatives) => string.Join(" & ", words.Select(word =>
        $"({string.Join(" | ", alternatives.GetValueOrDefault(word, []).Prepend(word).Select(w => $"{w}:*"))})"));

    private static bool IsNumeric(ProductSort sort) => sort is ProductSort.Relevance or ProductSort.PriceAscending or ProductSort.PriceDescending;

    [GeneratedRegex(@"[\p{L}\p{Nd}]+")]
    private static partial Regex WordPattern { get; }
}
