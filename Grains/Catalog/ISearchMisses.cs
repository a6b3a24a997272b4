namespace SoonShop.Catalog;

/// <summary>The port to searches without results.</summary>
public interface ISearchMisses
{
    /// <inheritdoc cref="ISearchMissesGrain.ListAsync"/>
    Task<Result<Page<SearchMiss>>> ListAsync(SearchMissPeriod period, PageRequest page, CancellationToken cancellation);
}

internal sealed class SearchMissesGrain(ISearchMisses misses) : Grain, ISearchMissesGrain
{
    Task<Result<Page<SearchMiss>>> ISearchMissesGrain.ListAsync(
        SearchMissPeriod period, PageRequest page, CancellationToken cancellation) => misses.ListAsync(period, page, cancellation);
}
