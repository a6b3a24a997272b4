namespace SoonShop.Catalog;

/// <summary>
/// Tells caches which products have changed. It reads the changes from committed events, so that none is lost with a silo and no commit
/// waits for it. Key 0: one activation in the cluster.
/// </summary>
[Alias("soonshop.catalogue-news")]
public interface ICatalogChangeFeedGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Returns the changes after a position. Pass null for an empty cache. Returns at once, and may be called at any time.
    /// </summary>
    [Alias("since")]
    Task<CatalogChangeBatch> SinceAsync(CatalogChangePosition? after);
}

/// <summary>A position in the feed.</summary>
/// <param name="Epoch">The activation that assigned the number; each activation counts from the start.</param>
/// <param name="Number">The number of changes so far.</param>
[GenerateSerializer, Immutable, Alias("soonshop.catalogue-position")]
public sealed record CatalogChangePosition(Guid Epoch, long Number);

/// <summary>A batch of changes of the catalogue.</summary>
/// <param name="Position">The position for the next call.</param>
/// <param name="IsComplete">False when changes after the given position are no longer known: discard all cached data.</param>
/// <param name="Changes">The changes. If the batch is not complete, all known changes.</param>
/// <param name="AgeMs">How long ago the database was read, in milliseconds.</param>
[GenerateSerializer, Immutable, Alias("soonshop.catalogue-news-answer")]
public sealed record CatalogChangeBatch(CatalogChangePosition Position, bool IsComplete, ImmutableArray<CatalogChange> Changes,
    double AgeMs);

/// <summary>A change of a product or of its availability.</summary>
/// <param name="Sku">The product.</param>
/// <param name="ProductVersion">The product's version is at least this; cached data with a lower version is outdated.</param>
/// <param name="StockVersion">The same for its stock.</param>
[GenerateSerializer, Immutable, Alias("soonshop.catalogue-change")]
public readonly record struct CatalogChange(string Sku, int ProductVersion, int StockVersion);
