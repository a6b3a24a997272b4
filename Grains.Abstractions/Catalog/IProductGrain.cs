using Orleans.Concurrency;

namespace SoonShop.Catalog;

/// <summary>What can be bought: one SKU. Keyed by <see cref="Sku.GrainKey"/>.</summary>
[Alias("soonshop.product")]
public interface IProductGrain : IGrainWithStringKey
{
    /// <summary>Creates the product. The same content again is answered the same; other content is <c>conflict</c>. Refused: <c>validation-failed</c>.</summary>
    [Alias("create"), Repeatable]
    Task<Result<Product>> CreateAsync(ProductContent content);

    /// <summary>Replaces the content. Idempotent. Refused: <c>not-found</c>, <c>validation-failed</c>, <c>precondition-failed</c>.</summary>
    [Alias("update")]
    Task<Result<Product>> UpdateAsync(ProductContent content, int? expectedVersion);

    /// <summary>Takes the product out of sale; it stays readable, for old orders. Idempotent. Refused: <c>not-found</c>, <c>precondition-failed</c>.</summary>
    [Alias("archive")]
    Task<Result<Done>> ArchiveAsync(int? expectedVersion);

    /// <summary>The product with its availability, also one that is archived or a draft. Refused: <c>not-found</c>.</summary>
    [Alias("get"), AlwaysInterleave]
    Task<Result<Product>> GetAsync();

    /// <summary>Name and price for carts and orders; null when there is no such product.</summary>
    [Alias("offer"), AlwaysInterleave]
    Task<PriceOffer?> GetOfferAsync();
}

/// <summary>Finds products. Any key; many run side by side.</summary>
[Alias("soonshop.product-search")]
public interface IProductSearchGrain : IGrainWithIntegerKey
{
    /// <summary>One page of what matches, with facets over all that matches. Refused: <c>validation-failed</c> for a cursor that is none.</summary>
    [Alias("search")]
    Task<Result<ProductPage>> SearchAsync(ProductQuery query, CancellationToken cancellation = default);
}
