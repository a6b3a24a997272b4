namespace SoonShop.Pricing;

/// <summary>A tax rate for one category of products and shipping methods in one zone.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.tax-rate")]
public sealed record TaxRate
{
    /// <summary>The id, a slug.</summary>
    [Id(0)] public string Id { get; init; } = "";

    /// <summary>The name that stands on invoices, such as <c>VAT</c>.</summary>
    [Id(1)] public string Name { get; init; } = "";

    /// <summary>The id of its tax zone.</summary>
    [Id(2)] public string ZoneId { get; init; } = "";

    /// <summary>The tax category; see <see cref="TaxCategory"/>.</summary>
    [Id(3)] public string Category { get; init; } = TaxCategory.Standard;

    /// <summary>The rate in parts per million, 0–1,000,000: 88,750 is 8.875 %. Without a number the rate is refused.</summary>
    [Id(4)] public int Ppm { get; init; } = -1;

    /// <summary>
    /// True for a rate that is charged on the price and on the taxes before it. Compound rates come after all others, by
    /// <see cref="Position"/>, then by id.
    /// </summary>
    [Id(5)] public bool IsCompound { get; init; }

    /// <summary>Its place among the rates of a line; lower numbers come first.</summary>
    [Id(6)] public int Position { get; init; }

    /// <summary>The first instant at which it applies; null for no limit.</summary>
    [Id(7)] public DateTimeOffset? From { get; init; }

    /// <summary>The first instant at which it no longer applies; null for no limit.</summary>
    [Id(8)] public DateTimeOffset? To { get; init; }
}

/// <summary>
/// The tax categories with a meaning of their own. A shop may use others, by any slug. A category without a rate in a zone is taxed there
/// as <see cref="Standard"/>; where that has no rate either, the line is refused.
/// </summary>
public static class TaxCategory
{
    /// <summary>The category of everything that has no other.</summary>
    public const string Standard = "standard";

    /// <summary>The reduced category.</summary>
    public const string Reduced = "reduced";

    /// <summary>Taxed at 0 %: it needs no rate.</summary>
    public const string Zero = "zero";

    /// <summary>Not taxed: it needs no rate.</summary>
    public const string Exempt = "exempt";

    /// <summary>True for a category that is not taxed when a zone has no rate for it.</summary>
    public static bool NeedsNoRate(string category) => category is Zero or Exempt;
}

/// <summary>Where taxes are rounded, half up.</summary>
[Alias("soonshop.tax-rounding")]
public enum TaxRounding
{
    /// <summary>Each rate on each line. Lines of the same SKU count as one line.</summary>
    PerLine,
    /// <summary>
    /// Each rate once, on the sum of all lines and shipping with the same rates. The tax is then divided over them by the largest-remainder
    /// method.
    /// </summary>
    PerRateGroup,
}
