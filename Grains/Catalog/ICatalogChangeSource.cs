namespace SoonShop.Catalog;

/// <summary>The port to the committed changes of products and their availability.</summary>
public interface ICatalogChangeSource
{
    /// <summary>Opens a reader that starts far enough back to include every change that a cache filled from now on could miss.</summary>
    ICatalogChangeReader Open();
}

/// <summary>Reads each committed change once. One caller may use it at a time.</summary>
public interface ICatalogChangeReader
{
    /// <summary>
    /// Returns the changes since the last call. Null when changes may have been missed: then open another reader and discard cached data.
    /// </summary>
    Task<ImmutableArray<CatalogChange>?> ReadAsync(CancellationToken cancellation);
}
