using System.Text.Json.Serialization;
using SoonShop.Events;
using SoonShop.Pricing;

namespace SoonShop.Inventory;

/// <summary>An ERP or warehouse system changed the units on hand. It is sent to the shop through the message broker.</summary>
/// <param name="Sku">The product.</param>
/// <param name="Delta">Units, positive or negative, not zero.</param>
/// <param name="Reason">The reason, such as <c>delivery</c>; 1–100 characters.</param>
/// <param name="Reference">A reference, such as the number of a delivery note; at most 100 characters.</param>
public sealed record ErpStockAdjusted(string Sku, int Delta, string Reason, string? Reference) : IIncomingEvent
{
    /// <summary>The id of the location; null for the default one.</summary>
    public string? Location { get; init; }

    /// <summary>The stream namespace. The key is the SKU, so that the adjustments of one product are handled in sequence.</summary>
    public const string StreamNamespace = "erp-stock";

    private const int MaxText = 100;

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "erp.stock.adjusted";

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, SoonShop.Sku.TryNormalize(Sku, out var sku) ? sku : Sku);

    /// <inheritdoc/>
    public string? Problem()
    {
        if (!SoonShop.Sku.TryNormalize(Sku, out _))
            return "sku is not a stock keeping unit";
        if (Delta is 0 or < -AdjustStock.MaxUnits or > AdjustStock.MaxUnits)
            return $"delta must be between -{AdjustStock.MaxUnits} and {AdjustStock.MaxUnits}, and not 0";
        if (!IsLine(Reason) || string.IsNullOrWhiteSpace(Reason))
            return $"reason must be 1–{MaxText} characters in one line";
        if (Location is not null && !RuleName.IsSlug(Location))
            return "location is not the id of a location";
        return Reference is null || IsLine(Reference) ? null : $"reference must be at most {MaxText} characters in one line";
    }

    private static bool IsLine(string? text) => text is { Length: <= MaxText } && !text.Any(char.IsControl);
}
