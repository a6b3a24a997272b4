namespace SoonShop.Catalog;

/// <summary>The port to the search over all products.</summary>
public interface IProductSearch
{
    /// <summary>One page of what matches. Refused: <c>validation-failed</c> for a cursor that is none or belongs to another query.</summary>
    Task<Result<ProductPage>> SearchAsync(ProductQuery query, CancellationToken cancellation);
}
