using SoonShop.Catalog;

namespace SoonShop.Inventory;

/// <summary>Checks lines of stock that administrators send.</summary>
internal static class StockLines
{
    /// <summary>The text for a location or a product that does not exist.</summary>
    public static ErrorText Unknown { get; } = ErrorText.Of("field.unknown-rule", "does not exist");

    /// <summary>Adds what is wrong with the SKUs of lines: one that is named again, or that no product has.</summary>
    /// <param name="errors">The errors by field.</param>
    /// <param name="grains">Finds the products.</param>
    /// <param name="skus">The SKUs in the order of the lines.</param>
    public static async Task CheckAsync(Dictionary<string, ErrorText[]> errors, IGrainFactory grains, IEnumerable<string> skus)
    {
        string[] named = [.. skus];
        var products = await Task.WhenAll(named.Select(sku => grains.GetGrain<IProductGrain>(Sku.GrainKey(sku)).GetOfferAsync()));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < named.Length; i++)
        {
            if (!seen.Add(named[i]))
                errors[$"lines[{i}].sku"] = [ErrorText.Of("field.named-twice", "is named more than once")];
            else if (products[i] is null)
                errors[$"lines[{i}].sku"] = [Unknown];
        }
    }
}
