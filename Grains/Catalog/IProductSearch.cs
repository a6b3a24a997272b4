namespace SoonShop.Catalog;

/// <summary>The port to the search over all products.</summary>
public interface IProductSearch
{
    /// <summary>
    /// Returns one page of matches. Error: <c>validation-failed</c> for a cursor that is invalid or belongs to another query.
    /// </summary>
    Task<Result<ProductPage>> SearchAsync(ProductQuery query, CancellationToken cancellation);
}
