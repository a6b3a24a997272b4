namespace SoonShop.Catalog;

/// <summary>
/// Terms that the search treats as one. Either two-way, with <see cref="Terms"/>, or one-way, from some terms to others.
/// </summary>
/// <param name="Id">The id, a slug.</param>
[GenerateSerializer, Immutable, Alias("soonshop.synonym-set")]
public sealed record SynonymSet(string Id)
{
    /// <summary>The most sets of the shop.</summary>
    public const int MaxSets = 1000;

    /// <summary>The most terms of a set.</summary>
    public const int MaxTerms = 20;

    /// <summary>The longest term, in characters.</summary>
    public const int MaxTermLength = 100;

    /// <summary>The most characters of all terms of all sets.</summary>
    public const int MaxCharacters = 200_000;

    /// <summary>Of a two-way set: terms that all find the same products, 2–20. Empty for a one-way set.</summary>
    [Id(0)] public ImmutableArray<string> Terms { get; init; } = [];

    /// <summary>Of a one-way set: the terms that a shopper searches for. Empty for a two-way set.</summary>
    [Id(1)] public ImmutableArray<string> From { get; init; } = [];

    /// <summary>Of a one-way set: the terms whose products are found, too. Empty for a two-way set.</summary>
    [Id(2)] public ImmutableArray<string> To { get; init; } = [];

    /// <summary>The terms that have synonyms.</summary>
    public ImmutableArray<string> Sources => Terms.IsEmpty ? From : Terms;

    /// <summary>The terms that are synonyms of others.</summary>
    public ImmutableArray<string> Targets => Terms.IsEmpty ? To : Terms;

    /// <summary>What is wrong with terms that the search cannot use.</summary>
    public static ErrorText BadTerms => ErrorText.Of(
        "field.synonym", $"must have terms of 1–{MaxTermLength} characters on one line, each with something to search for");

    /// <summary>The characters of all terms.</summary>
    public int Characters => Terms.Sum(t => t.Length) + From.Sum(t => t.Length) + To.Sum(t => t.Length);

    /// <summary>Two sets are equal when their terms are.</summary>
    public bool Equals(SynonymSet? other) =>
        other is not null && Id == other.Id && Terms.SequenceEqual(other.Terms) && From.SequenceEqual(other.From)
        && To.SequenceEqual(other.To);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        Terms.Concat(From).Concat(To).Aggregate(Id.GetHashCode(StringComparison.Ordinal), HashCode.Combine);
}

/// <summary>A set of synonyms with what is known of it.</summary>
/// <param name="Set">The set.</param>
/// <param name="Version">Its version: it rises with each change of it.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="ChangedAt">When it was last changed.</param>
[GenerateSerializer, Immutable, Alias("soonshop.stored-synonym-set")]
public sealed record StoredSynonymSet(SynonymSet Set, long Version, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt);
