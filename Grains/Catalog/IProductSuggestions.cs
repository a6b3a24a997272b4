namespace SoonShop.Catalog;

/// <summary>The port to suggestions for what a shopper types.</summary>
public interface IProductSuggestions
{
    /// <summary>Returns categories and products on sale whose names have words that begin with the text.</summary>
    Task<Suggestions> SuggestAsync(SuggestionQuery query, CancellationToken cancellation);
}
