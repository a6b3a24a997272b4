using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// Resolves names of states and of stream providers in a database that several clusters may share. The first owner to use a name gets the
/// name itself, including rows from before owners existed. For any other owner the name in the database is prefixed with that owner. So two
/// clusters, or two storages of one silo, share no rows, and the keys need no further column.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="kind">What the names are for: <c>state</c> or <c>stream</c>.</param>
/// <param name="owner">The owner that uses the names.</param>
internal sealed class OwnedNames(NpgsqlDataSource database, string kind, string owner)
{
    private const string Sql = """
        insert into owned_name (kind, name, owner) values ($1, $2, $3) on conflict (kind, name) do update
        set owner = owned_name.owner returning owner
        """;

    private readonly ConcurrentDictionary<string, string> known = new();

    /// <summary>Gets the name in the database if it is already resolved.</summary>
    public bool TryGet(string name, [MaybeNullWhen(false)] out string own) => known.TryGetValue(name, out own);

    /// <summary>Returns the name in the database. Each name is resolved once.</summary>
    public ValueTask<string> OfAsync(string name, CancellationToken cancellation) =>
        known.TryGetValue(name, out var own) ? new(own) : AskAsync(name, cancellation);

    private async ValueTask<string> AskAsync(string name, CancellationToken cancellation)
    {
        var own = await IsMineAsync(name, cancellation) ? name : $"{owner}/{name}";
        if (own != name && !await IsMineAsync(own, cancellation))
            throw new OrleansConfigurationException(
                $"The {kind} '{name}' of {owner} would be stored as '{own}', but another owner uses that name. Choose another name.");
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
