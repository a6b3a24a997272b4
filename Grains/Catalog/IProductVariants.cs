namespace SoonShop.Catalog;

/// <summary>The port to the variants of product groups, over all products.</summary>
public interface IProductVariants
{
    /// <summary>
    /// Returns by group id the products of the family, and the product without a family whose SKU is the id, whatever its case. They are
    /// ordered by position, then by SKU. Groups without such products are not among them.
    /// </summary>
    /// <param name="groupIds">The ids of the groups.</param>
    /// <param name="includesInactive">True to include products that are not on sale.</param>
    /// <param name="cancellation">Cancels the read.</param>
    /// <returns>Of each group at most <see cref="ProductGroupContent.MaxVariantsShown"/> products.</returns>
    Task<IReadOnlyDictionary<string, ImmutableArray<Product>>> FindAsync(
        IReadOnlyCollection<string> groupIds, bool includesInactive, CancellationToken cancellation);

    /// <summary>Lists stored groups by id. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    Task<Result<Page<ProductGroupEntry>>> ListGroupsAsync(PageRequest page, CancellationToken cancellation);
}
