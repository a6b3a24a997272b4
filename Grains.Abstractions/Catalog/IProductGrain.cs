using Orleans.Concurrency;
using SoonShop.Pricing;

namespace SoonShop.Catalog;

/// <summary>A product, which is one SKU. Keyed by <see cref="Sku.GrainKey"/>.</summary>
[Alias("soonshop.product")]
public interface IProductGrain : IGrainWithStringKey
{
    /// <summary>
    /// Creates the product. A repeated call with the same content returns the same result; with other content the error is <c>conflict</c>.
    /// Error: <c>validation-failed</c>.
    /// </summary>
    [Alias("create"), Repeatable]
    Task<Result<Product>> CreateAsync(ProductContent content);

    /// <summary>
    /// Replaces the content, except for <see cref="ProductContent.Prices"/>. Idempotent. Errors: <c>not-found</c>,
    /// <c>validation-failed</c>, <c>precondition-failed</c>.
    /// </summary>
    [Alias("update")]
    Task<Result<Product>> UpdateAsync(ProductContent content, int? expectedVersion);

    /// <summary>
    /// Replaces the prices beside the price in the shop's currency. Idempotent. Errors: <c>not-found</c>, <c>validation-failed</c>,
    /// <c>precondition-failed</c>.
    /// </summary>
    [Alias("set-prices")]
    Task<Result<Product>> SetPricesAsync(ImmutableArray<ProductPrice> prices, int? expectedVersion);

    /// <summary>
    /// Takes the product off sale. It stays readable for old orders. Idempotent. Errors: <c>not-found</c>, <c>precondition-failed</c>.
    /// </summary>
    [Alias("archive")]
    Task<Result<Done>> ArchiveAsync(int? expectedVersion);

    /// <summary>
    /// Puts the product on sale if it is to go on sale at this time; does nothing otherwise. The caller knows that the time has come.
    /// Idempotent.
    /// </summary>
    [Alias("publish"), Repeatable]
    Task PublishAsync(DateTimeOffset publishAt);

    /// <summary>Returns the product with its availability, also an archived product or a draft. Error: <c>not-found</c>.</summary>
    [Alias("get"), AlwaysInterleave]
    Task<Result<Product>> GetAsync();

    /// <summary>Returns name and price for carts and orders; null when there is no such product.</summary>
    [Alias("offer"), AlwaysInterleave]
    Task<PriceOffer?> GetOfferAsync();
}

/// <summary>Finds products. Any key addresses it; different keys run in parallel.</summary>
[Alias("soonshop.product-search")]
public interface IProductSearchGrain : IGrainWithIntegerKey
{
    /// <summary>Returns one page of matches, with facets over all matches. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("search")]
    Task<Result<ProductPage>> SearchAsync(ProductQuery query, CancellationToken cancellation = default);

    /// <summary>Returns suggestions for what was typed so far. Never fails for a text.</summary>
    [Alias("suggest")]
    Task<Suggestions> SuggestAsync(SuggestionQuery query, CancellationToken cancellation = default);

    /// <summary>Returns products on sale that are related to one. Empty for an unknown product.</summary>
    [Alias("related")]
    Task<RelatedProducts> FindRelatedAsync(RelatedQuery query, CancellationToken cancellation = default);
}
