using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace SoonShop.Silo.Storage;

/// <summary>
/// Names in a database that several may use: of states, and of stream providers. The first who uses a name has it, and what was kept under it
/// before there were owners; to whoever else uses it, it is another name, with the owner before it. So two clusters, or two storages of one
/// silo, share no rows, and no row needs a further column in its key.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="kind">What is named: <c>state</c> or <c>stream</c>.</param>
/// <param name="owner">Who uses the names.</param>
internal sealed class OwnedNames(NpgsqlDataSource database, string kind, string owner)
{
    private const string Sql = """
        insert into owned_name (kind, name, owner) values ($1, $2, $3) on conflict (kind, name) do update set owner = owned_name.owner returning owner
        """;

    private readonly ConcurrentDictionary<string, string> known = new();

    /// <summary>The name in the database, when it was asked before.</summary>
    public bool TryGet(string name, [MaybeNullWhen(false)] out string own) => known.TryGetValue(name, out own);

    /// <summary>The name in the database; it is asked once.</summary>
    public ValueTask<string> OfAsync(string name, CancellationToken cancellation) =>
        known.TryGetValue(name, out var own) ? new(own) : AskAsync(name, cancellation);

    private async ValueTask<string> AskAsync(string name, CancellationToken cancellation)
    {
        var own = await IsMineAsync(name, cancellation) ? name : $"{owner}/{name}";
        if (own != name && !await IsMineAsync(own, cancellation))
            throw new OrleansConfigurationException($"'{own}' is what {owner} would call its {kind} '{name}', but somebody else uses that name. Choose another.");
        return known.GetOrAdd(name, own);
    }

    private async Task<bool> IsMineAsync(string name, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(Sql);
        foreach (var text in (string[])[kind, name, owner])
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = text });
        return (string?)await command.ExecuteScalarAsync(cancellation) == owner;
    }
}
