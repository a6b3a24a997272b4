namespace SoonShop.Inventory;

/// <summary>
/// Names the stock of one SKU at one location. The stock of the default location is named by the SKU alone, so that a shop with one
/// location needs no other name, and stock that was there before shops had locations is at the default one.
/// </summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Location">The id of the location.</param>
public readonly record struct StockKey(string Sku, string Location)
{
    /// <summary>No SKU contains it.</summary>
    private const char Separator = '@';

    /// <summary>The key of the grain and of its state.</summary>
    public string GrainKey => SoonShop.Sku.GrainKey(ToString());

    /// <summary>True for the default location.</summary>
    public bool IsDefault => Location == Inventory.Location.DefaultId;

    /// <summary>Returns the key in its text form, such as <c>MUG</c> or <c>MUG@berlin</c>; the stock ledger has it for a SKU.</summary>
    public override string ToString() => IsDefault ? Sku : $"{Sku}{Separator}{Location}";

    /// <summary>Returns the key of a text that <see cref="ToString"/> has made.</summary>
    public static StockKey Parse(string text) => text.IndexOf(Separator, StringComparison.Ordinal) is >= 0 and var at
        ? new(text[..at], text[(at + 1)..])
        : new(text, Inventory.Location.DefaultId);
}
