namespace SoonShop.Catalog;

/// <summary>The port to the committed changes of products and their availability.</summary>
public interface ICatalogChangeSource
{
    /// <summary>A reader that begins far enough back to miss nothing that a cache filled from now on could hold.</summary>
    ICatalogChangeReader Open();
}

/// <summary>Reads changes as they are committed, each once. Not for two callers at a time.</summary>
public interface ICatalogChangeReader
{
    /// <summary>The changes since the last call; null when track was lost: then open another reader, and what was cached is out of date.</summary>
    Task<ImmutableArray<CatalogChange>?> ReadAsync(CancellationToken cancellation);
}
