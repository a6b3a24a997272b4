using CsCheck;
using Npgsql;
using SoonShop.Silo.Migrations;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Search;

/// <summary>
/// The functions that cut texts were written anew to be faster. They must return what the first ones did, or rows that products have would
/// no longer agree with what a query asks for.
/// </summary>
public sealed class SearchTermsTests : IAsyncLifetime
{
    private const int Names = 3000;

    /// <summary>The first functions, in a schema of their own.</summary>
    private const string First = "first_version";

    /// <summary>Of an atom, all but the number of its chunk, which says only what belongs together.</summary>
    private const string Atoms = """
        select array_agg((a.field, a.part, a.kind, a.term, a.place, a.rank)::text order by a.place, a.term)
        from (select *, dense_rank() over (order by chunk) as rank from search_atoms(array[n.name, n.other])) a
        """;

    private const string Query = $"""
        select n.name, ({Atoms}), search_normal(n.name), search_expand(n.name), search_join(n.name, n.other), search_spelling(n.name)::text,
               search_terms(jsonb_build_object('name', n.name, 'sku', 'AB-12', 'category', n.other, 'attributes', n.other,
                   'description', n.name))::text
        from unnest($1, $2) with ordinality n(name, other, number) order by n.number
        """;

    private PostgresServer server = null!;
    private string connectionString = null!;
    private NpgsqlDataSource database = null!;

    public async ValueTask InitializeAsync()
    {
        server = await PostgresServer.SharedAsync();
        connectionString = await server.CreateShopDatabaseAsync();
        database = NpgsqlDataSource.Create(connectionString);
    }

    [Fact]
    public async Task texts_in_every_script_have_the_terms_of_the_first_version()
    {
        var spelling = Between(
            Script("0121-product-suggestions.sql"), "create function search_spelling", "-- Writes the rows of a product");
        await using (var make = database.CreateCommand(
            $"create schema {First}; set search_path = {First}, public; {Script("0043-search-words.sql")} {spelling} reset search_path"))
            await make.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var names = Search.Names.Any.Array[Names].Single();
        string[] others = [.. names.Skip(1), "plain words, 1.5L of them & more"];

        var now = await AskAsync("public", names, others);
        var first = await AskAsync($"{First}, public", names, others);

        Assert.Equal(Names, first.Count);
        foreach (var (expected, actual) in first.Zip(now))
            Assert.Equal(expected, actual);
    }

    private async Task<List<string>> AskAsync(string path, string[] names, string[] others)
    {
        await using var connection = await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using (var choose = new NpgsqlCommand($"set search_path = {path}", connection))
            await choose.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(Query, connection) { CommandTimeout = 300 };
        command.Parameters.Add(new() { Value = names });
        command.Parameters.Add(new() { Value = others });
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            rows.Add(string.Join(
                '\n', Enumerable.Range(0, reader.FieldCount).Select(i =>
                    reader.GetValue(i) is string[] atoms ? string.Join(' ', atoms) : $"{reader.GetValue(i)}")));
        return rows;
    }

    private static string Script(string name)
    {
        var assembly = typeof(Migrator).Assembly;
        var resource = assembly.GetManifestResourceNames().Single(n => n.EndsWith(name, StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    private static string Between(string text, string from, string to)
    {
        var start = text.IndexOf(from, StringComparison.Ordinal);
        return text[start..text.IndexOf(to, start, StringComparison.Ordinal)];
    }

    public async ValueTask DisposeAsync()
    {
        await database.DisposeAsync();
        await server.DropDatabaseAsync(connectionString);
    }
}
