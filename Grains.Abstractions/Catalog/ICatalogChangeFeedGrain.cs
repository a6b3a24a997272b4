namespace SoonShop.Catalog;

/// <summary>
/// Tells caches which products changed. What it tells is read from committed events, so that nothing is lost with a silo, and no
/// commit waits for it. Key 0: one in the cluster.
/// </summary>
[Alias("soonshop.catalogue-news")]
public interface ICatalogChangeFeedGrain : IGrainWithIntegerKey
{
    /// <summary>What changed after a position; null for a cache that is empty. Answers at once, and may be asked at any time again.</summary>
    [Alias("since")]
    Task<CatalogChangeBatch> SinceAsync(CatalogChangePosition? after);
}

/// <summary>A place in the news.</summary>
/// <param name="Epoch">Which activation counted: another one counts anew.</param>
/// <param name="Number">How many changes it has told of.</param>
[GenerateSerializer, Immutable, Alias("soonshop.catalogue-position")]
public sealed record CatalogChangePosition(Guid Epoch, long Number);

/// <summary>News of the catalogue.</summary>
/// <param name="Position">Where to read on.</param>
/// <param name="IsComplete">False when some news after the position asked for are not known any more: drop all that is cached.</param>
/// <param name="Changes">What changed. When not complete, all changes that are still known.</param>
/// <param name="AgeMs">How long ago the database was asked, in milliseconds.</param>
[GenerateSerializer, Immutable, Alias("soonshop.catalogue-news-answer")]
public sealed record CatalogChangeBatch(CatalogChangePosition Position, bool IsComplete, ImmutableArray<CatalogChange> Changes,
    double AgeMs);

/// <summary>A product that changed, or whose availability did.</summary>
/// <param name="Sku">The product.</param>
/// <param name="ProductVersion">Its version has reached this: an answer with an older one is out of date.</param>
/// <param name="StockVersion">Likewise, of its stock.</param>
[GenerateSerializer, Immutable, Alias("soonshop.catalogue-change")]
public readonly record struct CatalogChange(string Sku, int ProductVersion, int StockVersion);
