namespace SoonShop.Catalog;

/// <summary>The port to the committed changes of products and their availability.</summary>
public interface ICatalogueChanges
{
    /// <summary>A reader that begins far enough back to miss nothing that a cache filled from now on could hold.</summary>
    ICatalogueReader Open();
}

/// <summary>Reads changes as they are committed, each once. Not for two callers at a time.</summary>
public interface ICatalogueReader
{
    /// <summary>The changes since the last call; null when track was lost: then open another reader, and what was cached is out of date.</summary>
    Task<ImmutableArray<CatalogueChange>?> ReadAsync(CancellationToken cancellation);
}
