using Orleans.Concurrency;

namespace SoonShop.Catalog;

[StatelessWorker, Reentrant]
internal sealed class ProductSearchGrain(IProductSearch search) : Grain, IProductSearchGrain
{
    Task<Outcome<ProductPage>> IProductSearchGrain.SearchAsync(ProductQuery query) => search.SearchAsync(query, CancellationToken.None);
}
