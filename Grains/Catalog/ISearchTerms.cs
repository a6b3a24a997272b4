namespace SoonShop.Catalog;

/// <summary>The port to how the search reads terms.</summary>
public interface ISearchTerms
{
    /// <summary>
    /// Returns the key of each term. Terms that the search cannot tell apart have the same key, such as <c>T-Shirts</c> and <c>t shirt</c>.
    /// A term in which the search finds nothing has an empty key.
    /// </summary>
    Task<IReadOnlyDictionary<string, string>> GetKeysAsync(IReadOnlyCollection<string> terms, CancellationToken cancellation);
}
