using Orleans.Concurrency;

namespace SoonShop.Catalog;

/// <summary>
/// A product with variants. Keyed by <see cref="ProductGroup.GrainKey"/> of its id, which is the <see cref="ProductContent.Family"/> of its
/// variants. Variants without a stored group, and products without a family, are groups, too: their content follows from the products.
/// </summary>
[Alias("soonshop.product-group-grain")]
public interface IProductGroupGrain : IGrainWithStringKey
{
    /// <summary>Returns the group with its variants. Error: <c>not-found</c>.</summary>
    /// <param name="includesInactive">True to include variants that are not on sale.</param>
    [Alias("get"), AlwaysInterleave, Repeatable]
    Task<Result<ProductGroup>> GetAsync(bool includesInactive);

    /// <summary>
    /// Stores the content of a new group. A repeated call with the same content returns the same result; with other content the error is
    /// <c>conflict</c>. Error: <c>validation-failed</c>.
    /// </summary>
    [Alias("create"), Repeatable]
    Task<Result<ProductGroup>> CreateAsync(ProductGroupContent content);

    /// <summary>
    /// Replaces the content, and stores it for a group that follows from its variants. Idempotent. Errors: <c>not-found</c>,
    /// <c>validation-failed</c>, <c>precondition-failed</c> when the version is another one.
    /// </summary>
    [Alias("put"), Repeatable]
    Task<Result<ProductGroup>> PutAsync(ProductGroupContent content, int? expectedVersion);

    /// <summary>
    /// Removes the content. The variants stay, and the group follows from them again. Errors: <c>not-found</c>, also when repeated,
    /// <c>precondition-failed</c>.
    /// </summary>
    [Alias("remove")]
    Task<Result<Done>> RemoveAsync(int? expectedVersion);
}

/// <summary>Lists product groups. Any key addresses it.</summary>
[Alias("soonshop.product-group-list")]
public interface IProductGroupListGrain : IGrainWithIntegerKey
{
    /// <summary>Lists the stored groups by id. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("list"), Repeatable]
    Task<Result<Page<ProductGroupEntry>>> ListAsync(PageRequest page, CancellationToken cancellation = default);
}
