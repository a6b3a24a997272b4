using SoonShop.Catalog;
using SoonShop.Inventory;
using SoonShop.Pricing;

namespace SoonShop.Imports;

/// <summary>
/// The port to the committed states of many grains at once. Most rows of a file change nothing, and a dry run changes nothing at all: they
/// need no grain in memory.
/// </summary>
public interface IImportStates
{
    /// <summary>Returns the stock by SKU, with its version. SKUs without a product are not among them.</summary>
    Task<IReadOnlyDictionary<string, StockLevel>> FindStockAsync(IReadOnlyCollection<string> skus, CancellationToken cancellation);

    /// <summary>
    /// Returns the stock of products at other locations than the default one, by the text of its <see cref="StockKey"/>; none for stock
    /// that was never there.
    /// </summary>
    Task<IReadOnlyDictionary<string, StockLevel>> FindStockElsewhereAsync(
        IReadOnlyCollection<string> keys, CancellationToken cancellation);

    /// <summary>Returns products by SKU, with their versions and without availability. Unknown SKUs are not among them.</summary>
    Task<IReadOnlyDictionary<string, Product>> FindProductsAsync(IReadOnlyCollection<string> skus, CancellationToken cancellation);

    /// <summary>
    /// Returns product groups by id, also those that only products make up, and variants that are not on sale. Others are not among them.
    /// </summary>
    Task<IReadOnlyDictionary<string, ProductGroup>> FindGroupsAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation);

    /// <summary>Returns accounts by normalized e-mail address. Addresses without an account are not among them.</summary>
    Task<IReadOnlyDictionary<string, KnownCustomer>> FindCustomersAsync(
        IReadOnlyCollection<string> normalizedEmails, CancellationToken cancellation);

    /// <summary>Returns those SKUs whose stock was entered, whether they have a product or not.</summary>
    Task<IReadOnlySet<string>> FindStockedAsync(IReadOnlyCollection<string> skus, CancellationToken cancellation);
}

/// <summary>What an import compares of an account.</summary>
/// <param name="Id">The account.</param>
/// <param name="Pricing">What prices depend on, with the account's version.</param>
public sealed record KnownCustomer(Guid Id, PricingProfile Pricing);
