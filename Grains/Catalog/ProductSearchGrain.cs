using Orleans.Concurrency;

namespace SoonShop.Catalog;

// One activation per silo, so that a cancellation finds its call. Callers distribute their calls over several keys.
[StatelessWorker(1), Reentrant]
internal sealed class ProductSearchGrain(IProductSearch search, IProductSuggestions suggestions, IRelatedProducts related)
    : Grain, IProductSearchGrain
{
    Task<Result<ProductPage>> IProductSearchGrain.SearchAsync(ProductQuery query, CancellationToken cancellation) =>
        search.SearchAsync(query, cancellation);

    Task<Suggestions> IProductSearchGrain.SuggestAsync(SuggestionQuery query, CancellationToken cancellation) =>
        suggestions.SuggestAsync(query, cancellation);

    Task<RelatedProducts> IProductSearchGrain.FindRelatedAsync(RelatedQuery query, CancellationToken cancellation) =>
        related.FindAsync(query, cancellation);
}
