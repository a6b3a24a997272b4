namespace SoonShop.Catalog;

/// <summary>A text that was searched for and found nothing.</summary>
/// <param name="Text">The text as the search compares it: in lower case, without accents.</param>
/// <param name="Searches">How often it was searched for in the period.</param>
/// <param name="LastAt">When it was last searched for in the period.</param>
[GenerateSerializer, Immutable, Alias("soonshop.search-miss")]
public sealed record SearchMiss(string Text, long Searches, DateTimeOffset LastAt);

/// <summary>The period of a list of searches without results. Whole days in UTC.</summary>
/// <param name="From">The first day; null for the first one that is kept.</param>
/// <param name="To">The last day; null for today.</param>
[GenerateSerializer, Immutable, Alias("soonshop.search-miss-period")]
public sealed record SearchMissPeriod(DateOnly? From, DateOnly? To);

/// <summary>Lists searches without results. Any key addresses it.</summary>
[Alias("soonshop.search-misses")]
public interface ISearchMissesGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Lists the searches of a period, the most frequent first. Error: <c>validation-failed</c> for an invalid cursor.
    /// </summary>
    [Alias("list"), Repeatable]
    Task<Result<Page<SearchMiss>>> ListAsync(SearchMissPeriod period, PageRequest page, CancellationToken cancellation = default);
}
