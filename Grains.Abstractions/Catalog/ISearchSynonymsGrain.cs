using Orleans.Concurrency;

namespace SoonShop.Catalog;

/// <summary>
/// All synonyms of the search. Key 0 is the only one: one grain decides every change, so that each term has one set. A change is in force
/// in the next search of each silo. The gateway admits only administrators.
/// </summary>
[Alias("soonshop.search-synonyms-grain")]
public interface ISearchSynonymsGrain : IGrainWithIntegerKey
{
    /// <summary>Lists the sets by id, one page at a time. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("list"), AlwaysInterleave, Repeatable]
    Task<Result<Page<StoredSynonymSet>>> ListAsync(PageRequest page);

    /// <summary>Returns one set. Error: <c>not-found</c>.</summary>
    [Alias("find"), AlwaysInterleave, Repeatable]
    Task<Result<StoredSynonymSet>> FindAsync(string id);

    /// <summary>
    /// Adds a set. A repeated call with the same set changes nothing. Errors: <c>validation-failed</c> with every problem, <c>conflict</c>
    /// when the id is taken, when a term has synonyms in another set, or beyond the limits.
    /// </summary>
    [Alias("create"), Repeatable]
    Task<Result<StoredSynonymSet>> CreateAsync(SynonymSet set);

    /// <summary>
    /// Replaces a set. The same set again changes nothing. Errors: <c>not-found</c>, <c>precondition-failed</c>, and those of
    /// <see cref="CreateAsync"/>.
    /// </summary>
    /// <param name="set">The set with its id.</param>
    /// <param name="expectedVersion">The version of the set to replace; null for any.</param>
    [Alias("put")]
    Task<Result<StoredSynonymSet>> PutAsync(SynonymSet set, long? expectedVersion);

    /// <summary>Removes a set. Errors: <c>not-found</c>, also when repeated, and <c>precondition-failed</c>.</summary>
    [Alias("remove")]
    Task<Result<Done>> RemoveAsync(string id, long? expectedVersion);
}
