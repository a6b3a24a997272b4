namespace SoonShop.Catalog;

/// <summary>The port to related products.</summary>
public interface IRelatedProducts
{
    /// <summary>
    /// Returns products on sale that are related to a product, at most one of a product group, and none of the product's own group. Empty
    /// for an unknown product.
    /// </summary>
    Task<RelatedProducts> FindAsync(RelatedQuery query, CancellationToken cancellation);
}
