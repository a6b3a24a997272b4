using Orleans.Concurrency;

namespace SoonShop.Catalog;

// One on a silo: that is where a cancellation finds the call. Callers spread over several keys.
[StatelessWorker(1), Reentrant]
internal sealed class ProductSearchGrain(IProductSearch search) : Grain, IProductSearchGrain
{
    Task<Result<ProductPage>> IProductSearchGrain.SearchAsync(ProductQuery query, CancellationToken cancellation) => search.SearchAsync(query, cancellation);
}
