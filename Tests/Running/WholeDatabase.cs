using System.Text;

namespace SoonShop.Tests.Running;

/// <summary>Looks for a text in every table and column of a database, in bytes and JSON too.</summary>
internal static class WholeDatabase
{
    /// <summary>The places of a text, each as <c>table.column</c>, sorted. Partitions count as tables of their own.</summary>
    public static async Task<string[]> PlacesOfAsync(this Shop shop, string text)
    {
        var columns = new List<(string Table, string Column, string Type)>();
        await using (var command = shop.Database.CreateCommand("""
            select c.table_name, c.column_name, c.data_type from information_schema.columns c
            join pg_class t on t.relname = c.table_name and t.relkind = 'r' and t.relnamespace = 'public'::regnamespace
            where c.table_schema = 'public' order by 1, 2
            """))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                columns.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        }
        Assert.Contains(columns, c => c.Type == "bytea");
        var query = new StringBuilder();
        foreach (var (table, column, type) in columns)
        {
            query.Append(query.Length == 0 ? "" : " union all ");
            // Bytes as text: those beyond ASCII stand there as escapes, which nothing that is looked for has.
            query.Append(System.Globalization.CultureInfo.InvariantCulture, $"""
                select '{table}.{column}' where exists (select from "{table}"
                    where {(type == "bytea" ? $"encode(\"{column}\", 'escape')" : $"\"{column}\"::text")} ilike '%' || $1 || '%')
                """);
        }
        await using var search = shop.Database.CreateCommand(query.ToString());
        search.Parameters.Add(new() { Value = text });
        await using var found = await search.ExecuteReaderAsync();
        var places = new List<string>();
        while (await found.ReadAsync())
            places.Add(found.GetString(0));
        return [.. places.Order(StringComparer.Ordinal)];
    }
}
