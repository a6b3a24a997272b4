using Grpc.Core;
using SoonShop.ApiFrontend.Catalog;
using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Products over gRPC: <see cref="ProductsApi"/>.</summary>
internal sealed class CatalogService(CatalogReader catalog) : V1.Catalog.CatalogBase
{
    public override async Task<V1.Product> GetProduct(V1.GetProductRequest request, ServerCallContext context) =>
        Sku.TryNormalize(request.Sku, out var sku)
            ? (await catalog.ProductAsync(context.GetHttpContext(), sku, static (Product p) => p.ToMessage())).OrThrow()
            : throw new CallException(ProductsApi.UnknownError(request.Sku));

    public override async Task<V1.SearchProductsResponse> SearchProducts(V1.SearchProductsRequest request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var query = ToQuery(request, http);
        return (await catalog.SearchAsync(http, query, static (ProductPage p) => p.ToMessage())).OrThrow();
    }

    private static ProductQuery ToQuery(V1.SearchProductsRequest request, HttpContext context)
    {
        string? q = request.HasQ ? request.Q : null, category = request.HasCategory ? request.Category : null;
        var family = request.HasFamily ? request.Family : null;
        var cursor = request.HasCursor ? request.Cursor : null;
        long? minPrice = request.HasMinPrice ? request.MinPrice : null, maxPrice = request.HasMaxPrice ? request.MaxPrice : null;
        var limit = request.HasLimit ? request.Limit : PageRequest.DefaultLimit;
        GrpcValidation.Check(
            context, ProductsApi.SearchAsync,
            (nameof(q), q), (nameof(category), category), (nameof(family), family), (nameof(minPrice), minPrice),
            (nameof(maxPrice), maxPrice), (nameof(cursor), cursor), (nameof(limit), limit));
        return ProductsApi.QueryOf(
            context, q, category, family, minPrice, maxPrice, request.HasInStock ? request.InStock : null, SortOf(request.Sort),
            new PageRequest(limit, cursor), FiltersOf(request), request.AttributeFacets);
    }

    private static AttributeFilters? FiltersOf(V1.SearchProductsRequest request)
    {
        for (var i = 0; i < request.Attributes.Count; i++)
        {
            var filter = request.Attributes[i];
            if (ProductsApi.Attributes.Fault(ProductsApi.Attributes.Prefix + filter.Name, filter.Value, i + 1) is { } fault)
                throw new CallException(Error.Invalid($"attributes[{i}]", fault));
        }
        return request.Attributes.Count == 0 ? null : ProductsApi.FiltersOf(request.Attributes.Select(a => (a.Name, a.Value)));
    }

    private static ProductSort SortOf(V1.ProductSort sort) => sort switch
    {
        V1.ProductSort.Unspecified or V1.ProductSort.Relevance => ProductSort.Relevance,
        V1.ProductSort.Price => ProductSort.PriceAscending,
        V1.ProductSort.PriceDescending => ProductSort.PriceDescending,
        V1.ProductSort.Newest => ProductSort.Newest,
        V1.ProductSort.Name => ProductSort.Name,
        // A misspelt order must not give another one.
        _ => throw new CallException(Error.Invalid("sort", "field.unreadable-parameter", "cannot be read: missing or of the wrong type")),
    };
}
