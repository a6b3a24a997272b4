using Npgsql;
using SoonShop.Catalog;

namespace SoonShop.Silo.Catalog;

/// <summary>Reads terms by the functions of the search.</summary>
internal sealed class SearchTerms(NpgsqlDataSource database) : ISearchTerms
{
    public async Task<IReadOnlyDictionary<string, string>> GetKeysAsync(IReadOnlyCollection<string> terms, CancellationToken cancellation)
    {
        // PostgreSQL stores no text that is not clean. Such a term is refused by the rules.
        string[] clean = [.. terms.Where(t => t.Length <= SynonymSet.MaxTermLength && Text.IsClean(t))];
        await using var command = database.CreateCommand(
            "select term, search_synonym_key(term) from unnest($1::text[]) term");
        command.Parameters.Add(new() { Value = clean });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellation))
            keys[reader.GetString(0)] = reader.GetString(1);
        return keys;
    }
}
