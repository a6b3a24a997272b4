using SoonShop.Aggregates;

namespace SoonShop.Catalog;

/// <summary>The rules of synonyms. A term may have synonyms in one set only, so that an administrator finds what a term does.</summary>
public sealed record SearchSynonymsState
{
    /// <summary>The number of changes.</summary>
    public long Version { get; init; }

    /// <summary>The sets by id.</summary>
    public ImmutableArray<SynonymEntry> Sets { get; init; } = [];

    /// <summary>Returns a set; null when it does not exist.</summary>
    public SynonymEntry? Find(string id) => Sets.FirstOrDefault(s => s.Stored.Set.Id == id);

    /// <summary>Adds a set.</summary>
    /// <param name="set">The set.</param>
    /// <param name="keys">The search's key of each term.</param>
    /// <param name="now">The time.</param>
    public Decision<SearchSynonymsState> Create(SynonymSet set, IReadOnlyDictionary<string, string> keys, DateTimeOffset now)
    {
        if (Find(set.Id) is { } known)
        {
            return known.Stored.Set == set
                ? Decision<SearchSynonymsState>.NoChange(this)
                : Error.Of(ErrorCode.Conflict, "error.synonyms-exist", $"The synonyms {set.Id} already exist. Change them with PUT.");
        }
        if (Sets.Length >= SynonymSet.MaxSets)
        {
            return Error.Of(
                ErrorCode.Conflict, "error.synonyms-count", $"There are already {SynonymSet.MaxSets} sets of synonyms. Remove one first.");
        }
        return Change(null, set, keys, now);
    }

    /// <summary>Replaces a set.</summary>
    /// <param name="set">The set.</param>
    /// <param name="keys">The search's key of each term.</param>
    /// <param name="expectedVersion">The version of the set to replace; null for any.</param>
    /// <param name="now">The time.</param>
    public Decision<SearchSynonymsState> Put(
        SynonymSet set, IReadOnlyDictionary<string, string> keys, long? expectedVersion, DateTimeOffset now) =>
        Find(set.Id) is not { } known ? NotFound(set.Id)
        : expectedVersion is { } expected && expected != known.Stored.Version ? Error.PreconditionFailed()
        : known.Stored.Set == set ? Decision<SearchSynonymsState>.NoChange(this)
        : Change(known, set, keys, now);

    /// <summary>Removes a set.</summary>
    public Decision<SearchSynonymsState> Remove(string id, long? expectedVersion) =>
        Find(id) is not { } known ? NotFound(id)
        : expectedVersion is { } expected && expected != known.Stored.Version ? Error.PreconditionFailed()
        : Decision<SearchSynonymsState>.To(this with { Version = Version + 1, Sets = Sets.Remove(known) });

    /// <summary>Returns one page of the sets by id. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    public Result<Page<StoredSynonymSet>> List(PageRequest page)
    {
        const string List = "search-synonyms";
        string[] after = [""];
        if (page.Cursor is { } cursor && !Cursor.TryRead(cursor, List, 1, out after))
            return Cursor.Bad;
        StoredSynonymSet[] found =
            [.. Sets.Select(s => s.Stored).Where(s => string.CompareOrdinal(s.Set.Id, after[0]) > 0).Take(page.Limit + 1)];
        return found.Length <= page.Limit
            ? new Page<StoredSynonymSet>([.. found], null)
            : new Page<StoredSynonymSet>([.. found[..page.Limit]], Cursor.Write(List, found[page.Limit - 1].Set.Id));
    }

    /// <summary>Returns the error for a set that does not exist.</summary>
    public static Error NotFound(string id) => Error.NotFound("not-found.synonyms", $"The synonyms {id} were not found.");

    private Decision<SearchSynonymsState> Change(
        SynonymEntry? known, SynonymSet set, IReadOnlyDictionary<string, string> keys, DateTimeOffset now)
    {
        if (SynonymProblems.Of(set, keys) is { Count: > 0 } problems)
            return Error.Invalid(problems);
        var others = known is null ? Sets : Sets.Remove(known);
        foreach (var term in set.Sources)
        {
            if (others.FirstOrDefault(o => o.Keys.Contains(keys[term])) is { } other)
            {
                return Error.Of(
                    ErrorCode.Conflict, "error.synonym-taken",
                    $"The term {term} has synonyms in the set {other.Stored.Set.Id} already. Change that set instead.");
            }
        }
        if (others.Sum(o => o.Stored.Set.Characters) + set.Characters > SynonymSet.MaxCharacters)
        {
            return Error.Of(
                ErrorCode.Conflict, "error.synonyms-size",
                $"All synonyms together would exceed {SynonymSet.MaxCharacters} characters. Remove some first.");
        }
        var stored = new StoredSynonymSet(set, Version + 1, known?.Stored.CreatedAt ?? now, now);
        var entry = new SynonymEntry(stored, [.. set.Sources.Select(t => keys[t])]);
        return Decision<SearchSynonymsState>.To(this with
        {
            Version = Version + 1,
            Sets = [.. others.Append(entry).OrderBy(s => s.Stored.Set.Id, StringComparer.Ordinal)],
        });
    }
}

/// <summary>A set of synonyms in the state.</summary>
/// <param name="Stored">The set.</param>
/// <param name="Keys">The search's keys of the terms that have synonyms.</param>
public sealed record SynonymEntry(StoredSynonymSet Stored, ImmutableArray<string> Keys);

/// <summary>The synonyms as SQL reads them.</summary>
/// <param name="Sets">The terms of each set, by id.</param>
public sealed record SearchSynonymsIndex(IReadOnlyDictionary<string, SynonymIndexEntry> Sets)
{
    /// <summary>Returns the index of a state.</summary>
    public static SearchSynonymsIndex Of(SearchSynonymsState state) => new(state.Sets.Select(s => s.Stored.Set)
        .ToDictionary(s => s.Id, s => new SynonymIndexEntry(s.Sources, s.Targets), StringComparer.Ordinal));
}

/// <summary>The terms of a set.</summary>
/// <param name="From">The terms that have synonyms.</param>
/// <param name="To">The terms that are synonyms of others.</param>
public sealed record SynonymIndexEntry(ImmutableArray<string> From, ImmutableArray<string> To);
