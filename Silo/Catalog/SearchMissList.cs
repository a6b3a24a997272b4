using System.Globalization;
using Npgsql;
using SoonShop.Catalog;

namespace SoonShop.Silo.Catalog;

/// <summary>Lists searches without results from the table <c>search_miss</c>.</summary>
internal sealed class SearchMissList(NpgsqlDataSource database) : ISearchMisses
{
    public async Task<Result<Page<SearchMiss>>> ListAsync(SearchMissPeriod period, PageRequest page, CancellationToken cancellation)
    {
        var list = FormattableString.Invariant($"search-misses/{period.From:O}/{period.To:O}");
        string[] after = [];
        var lastSearches = long.MaxValue;
        if (page.Cursor is { } cursor
            && !(Cursor.TryRead(cursor, list, 2, out after)
                && long.TryParse(after[0], NumberStyles.None, CultureInfo.InvariantCulture, out lastSearches)))
            return Cursor.Bad;
        await using var command = database.CreateCommand("""
            select text, sum(searches)::bigint, max(last_at) from search_miss
            where day between $1 and $2 group by text
            having sum(searches) < $3 or (sum(searches) = $3 and text > $4) order by 2 desc, 1 limit $5
            """);
        command.Parameters.Add(new() { Value = period.From ?? new DateOnly(2000, 1, 1) });
        command.Parameters.Add(new() { Value = period.To ?? new DateOnly(9999, 12, 31) });
        command.Parameters.Add(new() { Value = lastSearches });
        command.Parameters.Add(new() { Value = after.Length == 0 ? "" : after[1] });
        command.Parameters.Add(new() { Value = page.Limit + 1 });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<SearchMiss>();
        var hasMore = false;
        while (await reader.ReadAsync(cancellation))
        {
            hasMore = items.Count == page.Limit;
            if (!hasMore)
                items.Add(new SearchMiss(reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2)));
        }
        return new Page<SearchMiss>(
            items.ToImmutable(),
            hasMore ? Cursor.Write(list, items[^1].Searches.ToString(CultureInfo.InvariantCulture), items[^1].Text) : null);
    }
}
