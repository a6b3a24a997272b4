using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using SoonShop.Catalog;
using SoonShop.Silo.Inventory;

namespace SoonShop.Silo.Catalog;

/// <summary>
/// Searches the table <c>product_search</c>, which a trigger fills with each product. PostgreSQL's full-text search matches words. When
/// nothing matches, a second search tolerates typing errors. One statement returns the page and the facets of the same set, and reads only
/// the products of the page.
/// </summary>
internal sealed partial class ProductSearch(
    NpgsqlDataSource database, TimeProvider time, SearchMisses misses, StockRows stock) : IProductSearch
{
    /// <summary>The most words that distinguish one query from another in metrics; further words are ignored.</summary>
    private const int MaxWords = 10;

    private const string Chinese = "zh";

    /// <summary>The bounds of the price bands of the facet, in minor units.</summary>
    private static readonly long[] PriceBounds = [1000, 2500, 5000, 10_000, 25_000];

    public async Task<Result<ProductPage>> SearchAsync(ProductQuery query, CancellationToken cancellation)
    {
        var text = string.IsNullOrWhiteSpace(query.Text) ? null : query.Text.Trim();
        var sort = query.Sort == ProductSort.Relevance && text is null ? ProductSort.Name : query.Sort;
        var key = KeyOf(query, text, sort);
        string[] after = [];
        if (query.Page.Cursor is { } cursor
            && (!Cursor.TryRead(cursor, key, 2, out after)
                || (IsNumeric(sort) && !long.TryParse(after[0], CultureInfo.InvariantCulture, out _))))
            return Cursor.Bad;
        var order = new Order(sort, query.Language, after, key);
        if (text is null)
            return await PageAsync(query, null, order, cancellation);
        // The text has only invisible characters, so nothing can match.
        if (await ReadWordsAsync(text, cancellation) is not { } words)
            return new ProductPage([], null, new Facets([], []));
        var page = await PageAsync(query, words, order, cancellation);
        if (IsEmpty(page) && await MeantAsync(text, cancellation) is { } meant)
            page = await PageAsync(query, new Words(text, meant, null), order, cancellation);
        if (IsEmpty(page) && IsUnfiltered(query))
            misses.Add(text);
        return page;
    }

    private async Task<ProductPage> PageAsync(
        ProductQuery query, Words? words, Order order, CancellationToken cancellation)
    {
        var joinStock = await stock.JoinAsync();
        await using var command = database.CreateCommand();
        string Parameter(object value)
        {
            command.Parameters.Add(new() { Value = value });
            return $"${command.Parameters.Count}";
        }
        var match = "true";
        var rank = "0::bigint";
        if (words is { } wanted)
        {
            var own = $"{Parameter(wanted.Written)}::tsquery";
            var all = wanted.Expanded is { } expanded ? $"{Parameter($"({wanted.Written}) | {expanded}")}::tsquery" : own;
            match = $"p.terms @@ {all}";
            if (order.By == ProductSort.Relevance)
            {
                var phrase = $"lower({Parameter(wanted.Text)})";
                // A product that only a synonym finds has half the rank.
                rank = wanted.Expanded is null ? Rank(own, phrase)
                    : $"case when p.terms @@ {own} then {Rank(own, phrase)} else {Rank(all, phrase)} / 2 end";
            }
        }
        var attributes = AttributeConditions.Of(query, Parameter);
        var family = query.Family is { } f ? $"p.family = {Parameter(f)}" : "true";
        var inStock = query.InStock switch
        {
            true => $"{ProductRow.Available} > 0",
            false => $"{ProductRow.Available} <= 0",
            null => "true",
        };
        var inCategory = query.Category is { } c ? $"(category = {Parameter(c)} or starts_with(category, {Parameter(c + "/")}))" : "true";
        var inPrice = $"price between {Parameter(query.MinPrice ?? 0)} and {Parameter(query.MaxPrice ?? long.MaxValue)}";
        var (column, direction, beyond) = order.By switch
        {
            ProductSort.Relevance => ("rank", "desc", "<"),
            ProductSort.PriceAscending => ("price", "asc", ">"),
            ProductSort.PriceDescending => ("price", "desc", "<"),
            ProductSort.Newest => ("created_at", "desc", "<"),
            _ => ("name", "asc", ">"),
        };
        // PostgreSQL provides ICU's collations under these names.
        var collation = order.By != ProductSort.Name ? "" : order.Language == Chinese ? " collate \"zh-x-icu\"" : " collate \"und-x-icu\"";
        var selected = column switch { "price" => "", "rank" => $", {rank} as rank", _ => $", p.{column}" };
        var rest = "true";
        if (order.After.Length > 0)
        {
            var value = Parameter(IsNumeric(order.By) ? long.Parse(order.After[0], CultureInfo.InvariantCulture) : order.After[0]);
            rest = $"({column}{collation} {beyond} {value} or ({column} = {value} and grain_key > {Parameter(order.After[1])}))";
        }
        command.CommandText = $"""
            with matches as materialized (
              select p.grain_key, p.category, p.price{selected}{attributes.Columns}
              from product_search p {(query.InStock is null ? "" : joinStock)}{attributes.Join}
              where p.active and {match} and {family} and {inStock} and {attributes.Matches}),
            page as (
              select grain_key, {column} as sort_value from matches
              where {inCategory} and {inPrice} and {attributes.Fits} and {rest}
              order by {column}{collation} {direction}, grain_key limit {query.Page.Limit + 1})
            (select 0 as kind, p.grain_key as key, g.state, g.version, {ProductRow.Available} as available,
                    {ProductRow.Threshold} as threshold, p.sort_value::text as sort_value
             from page p join grain_state_product g on g.state_name = 'product' and g.grain_key = p.grain_key {joinStock}
             order by p.sort_value{collation} {direction}, p.grain_key)
            union all
            (select 1, category, null, count(*)::int, 0, 0, null from matches
             where {inPrice} and {attributes.Fits} group by category order by count(*) desc, category limit 100)
            union all
            (select 2, width_bucket(price, {Parameter(PriceBounds)})::text, null, count(*)::int, 0, 0, null
             from matches where {inCategory} and {attributes.Fits} group by 2 order by 2)
            {attributes.Facets($"{inCategory} and {inPrice}")}
            """;
        return await ReadAsync(command, order.Key, query, cancellation);
    }

    private async Task<ProductPage> ReadAsync(NpgsqlCommand command, string key, ProductQuery query, CancellationToken cancellation)
    {
        var limit = query.Page.Limit;
        var attributes = new List<(string Name, AttributeValueFacet Value)>();
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
                    items.Add(ProductRow.Read(reader, 2, time.GetUtcNow()));
                    (lastKey, lastSort) = (reader.GetString(1), reader.GetString(6));
                    break;
                case 1:
                    categories.Add(new CategoryFacet(reader.GetString(1), reader.GetInt32(3)));
                    break;
                case AttributeConditions.FacetKind:
                    attributes.Add((reader.GetString(1), new AttributeValueFacet(reader.GetString(6), reader.GetInt32(3))));
                    break;
                default:
                    var band = int.Parse(reader.GetString(1), CultureInfo.InvariantCulture);
                    prices.Add(new PriceFacet(
                        band == 0 ? 0 : PriceBounds[band - 1], band == PriceBounds.Length ? null : PriceBounds[band], reader.GetInt32(3)));
                    break;
            }
        }
        return new ProductPage(items.ToImmutable(), next, new Facets(categories.ToImmutable(), prices.ToImmutable())
        {
            Attributes = query.WithAttributeFacets
                ? [.. attributes.GroupBy(a => a.Name, a => a.Value).Select(a => new AttributeFacet(a.Key, [.. a]))]
                : null,
        });
    }

    /// <summary>
    /// Returns the rank of a product for some words. Of two names that match alike, the shorter one says less of other things: a kettle
    /// comes before a cover for a kettle.
    /// </summary>
    private static string Rank(string terms, string phrase) => $"""
        (1000000 * ((ts_rank(p.terms, {terms}) + word_similarity({phrase}, lower(p.name)))
                    / (1 + ln(1 + length(ts_filter(p.terms, '{"{a}"}'))))
                  + case when lower(p.name) = {phrase} then 1 else 0 end))::bigint
        """;

    /// <summary>
    /// True for the first page of a search by words alone. What filters or further pages leave out says nothing about the words.
    /// </summary>
    private static bool IsUnfiltered(ProductQuery query) => query is
    {
        Category: null, Family: null, MinPrice: null, MaxPrice: null, InStock: null, Attributes: null, Page.Cursor: null,
    };

    private static bool IsEmpty(ProductPage page) =>
        page.Items.IsEmpty && page.Facets is { Categories.IsEmpty: true, Prices.IsEmpty: true };

    /// <summary>Returns the words of a text with their synonyms; null when there are none to search for.</summary>
    private async Task<Words?> ReadWordsAsync(string text, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select written, expanded from search_query_expanded($1)");
        command.Parameters.Add(new() { Value = text });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) && !reader.IsDBNull(0)
            ? new Words(text, reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1))
            : null;
    }

    /// <summary>Returns the query for what may have been meant by a text that no product matches; null for nothing.</summary>
    private async Task<string?> MeantAsync(string text, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select search_query_forgiving($1)");
        command.Parameters.Add(new() { Value = text });
        return await command.ExecuteScalarAsync(cancellation) as string;
    }

    /// <summary>
    /// Returns the query that a cursor belongs to. The previous version uses the same format, so that paging continues during an upgrade.
    /// </summary>
    private static string KeyOf(ProductQuery query, string? text, ProductSort sort)
    {
        var words = string.Join(' ', WordPattern.Matches(text?.ToLowerInvariant() ?? "").Select(m => m.Value).Take(MaxWords));
        var key = string.Join(
            '|', words.Length == 0 ? text : words, query.Category, query.Family, query.MinPrice, query.MaxPrice, query.InStock, sort);
        if (query.Attributes is { } filters)
            key += "|" + JsonSerializer.Serialize(filters.Items);
        return sort == ProductSort.Name && query.Language == Chinese ? $"{key}|{query.Language}" : key;
    }

    private static bool IsNumeric(ProductSort sort) =>
        sort is ProductSort.Relevance or ProductSort.PriceAscending or ProductSort.PriceDescending;

    [GeneratedRegex(@"[\p{L}\p{Nd}]+")]
    private static partial Regex WordPattern { get; }

    /// <summary>The order of a list, and where the page begins.</summary>
    /// <param name="By">The sort criterion.</param>
    /// <param name="Language">The language whose collation sorts names.</param>
    /// <param name="After">The sort value and key of the previous page's last row; empty for the first page.</param>
    /// <param name="Key">The query that the next page's cursor belongs to.</param>
    private sealed record Order(ProductSort By, string? Language, string[] After, string Key);

    /// <summary>What a text asks for.</summary>
    /// <param name="Text">The text.</param>
    /// <param name="Written">The query for its words, as the text of a <c>tsquery</c>.</param>
    /// <param name="Expanded">The query with the synonyms of its words; null without any.</param>
    private sealed record Words(string Text, string Written, string? Expanded);
}
