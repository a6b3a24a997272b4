using Orleans.Concurrency;

namespace SoonShop.Catalog;

// One activation per silo, so that a cancellation finds its call. Callers distribute their calls over several keys.
[StatelessWorker(1), Reentrant]
internal sealed class ProductSearchGrain(IProductSearch search) : Grain, IProductSearchGrain
{
    Task<Result<ProductPage>> IProductSearchGrain.SearchAsync(ProductQuery query, CancellationToken cancellation) => search.SearchAsync(query, cancellation);
}
