using System.Text.Json.Serialization;
using SoonShop.Media;
using SoonShop.Pricing;

namespace SoonShop.Catalog;

/// <summary>The content of a product, as an administrator enters it.</summary>
/// <remarks>In messages of an older version, newer members are not set at all, so lists read as empty then.</remarks>
/// <param name="Name">The name, 1–200 characters.</param>
/// <param name="Description">The description, up to 5,000 characters.</param>
/// <param name="Category">A slug of one to four levels, such as <c>kitchen/drinkware</c>.</param>
/// <param name="Family">The slug that variants share; null for a single product.</param>
/// <param name="Price">The price in the shop's currency, 0–<see cref="MaxPrice"/> minor units.</param>
/// <param name="Attributes">Up to 50 attributes, such as <c>colour: blue</c>.</param>
/// <param name="Images">Up to 20 absolute http(s) URLs, or paths of uploaded images as <see cref="MediaUrl"/> makes them.</param>
/// <param name="Active">False takes it off sale. A product that has never been on sale is a draft.</param>
[GenerateSerializer, Immutable, Alias("soonshop.product-content")]
public sealed record ProductContent(
    string Name, string Description, string Category, string? Family, Money Price,
    IReadOnlyDictionary<string, string> Attributes, ImmutableArray<string> Images, bool Active = true)
{
    /// <summary>The highest price, in minor units: a cart of 100 lines of 999 units stays below <see cref="Money.MaxAmount"/>.</summary>
    public const long MaxPrice = 1_000_000_000;

    /// <summary>The highest weight of one unit, in grams.</summary>
    public const int MaxWeightGrams = 1_000_000_000;

    /// <summary>The weight of one unit in grams, 0–<see cref="MaxWeightGrams"/>.</summary>
    [Id(0)] public int WeightGrams { get; init; }

    /// <summary>The size class that shipping methods distinguish, such as <c>bulky</c>, a slug; null for none.</summary>
    [Id(1)] public string? SizeClass { get; init; }

    /// <summary>The tax category, a slug; see <see cref="Pricing.TaxCategory"/>.</summary>
    [Id(2)] public string TaxCategory { get; init; } = Pricing.TaxCategory.Standard;

    /// <summary>False for what is not sent, such as a download.</summary>
    [Id(3)] public bool RequiresShipping { get; init; } = true;

    /// <summary>
    /// Prices beside <see cref="Price"/>: in other currencies, in price lists, and for larger quantities. They are set on their own, with
    /// <see cref="IProductGrain.SetPricesAsync"/>.
    /// </summary>
    [Id(4)] public ImmutableArray<ProductPrice> Prices { get; init; } = [];

    /// <summary>
    /// The price that <see cref="Price"/> is compared with, in the same currency, such as the price that the manufacturer recommends; null
    /// for none. Buyers see it while it is higher.
    /// </summary>
    [Id(5)] public Money? CompareAtPrice { get; init; }

    /// <summary>The barcode, such as a GTIN, up to 50 characters; null for none.</summary>
    [Id(6)] public string? Barcode { get; init; }

    /// <summary>What a unit costs the shop, in the shop's currency; null for unknown. Only administrators see it.</summary>
    [Id(7)] public Money? Cost { get; init; }

    /// <summary>The values of the options that distinguish it from the other variants of its family, up to five.</summary>
    [Id(8)] public ImmutableArray<OptionValue> Options { get => field.IsDefault ? [] : field; init; }

    /// <summary>Its place among the variants of its family, 0–<see cref="MaxPosition"/>; equal places are sorted by SKU.</summary>
    [Id(9)] public int Position { get; init; }

    /// <summary>Columns of an imported file that the shop has no member for, by name. They are kept for exports.</summary>
    [Id(10)] public ImmutableSortedDictionary<string, string> Columns { get => field ?? NoColumns; init; }

    /// <summary>What the images show, by their entries in <see cref="Images"/>, up to 1,000 characters each.</summary>
    [Id(11)] public ImmutableSortedDictionary<string, string> ImageAlts { get => field ?? NoColumns; init; }

    /// <summary>When it goes on sale by itself; null for never. Only a product that is not on sale has one.</summary>
    [Id(12)] public DateTimeOffset? PublishAt { get; init; }

    private static readonly ImmutableSortedDictionary<string, string> NoColumns = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Returns the content of a product, as far as an edit changes it.</summary>
    public static ProductContent Of(Product product) => new(
        product.Name, product.Description, product.Category, product.Family, product.Price, product.Attributes, product.Images,
        product.Active)
    {
        WeightGrams = product.WeightGrams,
        SizeClass = product.SizeClass,
        TaxCategory = product.TaxCategory,
        RequiresShipping = product.RequiresShipping,
        Prices = product.Prices,
        CompareAtPrice = product.CompareAtPrice,
        Barcode = product.Barcode,
        Cost = product.Cost,
        Options = product.Options,
        Position = product.Position,
        Columns = product.Columns,
        ImageAlts = product.ImageAlts,
        PublishAt = product.PublishAt,
    };

    /// <summary>The highest place.</summary>
    public const int MaxPosition = 10_000;
}

/// <summary>A product as the shop shows it.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.product-view")]
public sealed record Product(
    string Sku, string Name, string Description, string Category, string? Family, Money Price,
    IReadOnlyDictionary<string, string> Attributes, ImmutableArray<string> Images, bool Active, Availability Availability)
{
    /// <summary>The number of changes; used as the ETag.</summary>
    [Id(0), JsonIgnore] public int Version { get; init; }

    /// <summary>The number of changes of its stock; 0 when the stock was not read.</summary>
    [Id(1), JsonIgnore] public int StockVersion { get; init; }

    /// <summary>True while it has never been on sale: only administrators may see it.</summary>
    [Id(2), JsonIgnore] public bool IsDraft { get; init; }

    /// <summary>The weight of one unit in grams.</summary>
    [Id(3)] public int WeightGrams { get; init; }

    /// <summary>The size class that shipping methods distinguish; null for none.</summary>
    [Id(4)] public string? SizeClass { get; init; }

    /// <summary>The tax category.</summary>
    [Id(5)] public string TaxCategory { get; init; } = Pricing.TaxCategory.Standard;

    /// <summary>False for what is not sent, such as a download.</summary>
    [Id(6)] public bool RequiresShipping { get; init; } = true;

    /// <summary>The prices beside <see cref="Price"/>; only administrators see them.</summary>
    [Id(7), JsonIgnore] public ImmutableArray<ProductPrice> Prices { get => field.IsDefault ? [] : field; init; }

    /// <summary>The higher price that the price is compared with; null for none.</summary>
    [Id(8)] public Money? CompareAtPrice { get; init; }

    /// <summary>
    /// What everybody pays for one unit now, one price for each currency, the shop's first. The price is what it costs while no price with
    /// a period is in force.
    /// </summary>
    [Id(9)] public ImmutableArray<CurrentPrice> CurrentPrices { get => field.IsDefault ? [] : field; init; }

    /// <summary>The barcode, such as a GTIN; null for none.</summary>
    [Id(11)] public string? Barcode { get; init; }

    /// <summary>What a unit costs the shop; only administrators see it.</summary>
    [Id(12), JsonIgnore] public Money? Cost { get; init; }

    /// <summary>The values of the options that distinguish it from the other variants of its family.</summary>
    [Id(13)] public ImmutableArray<OptionValue> Options { get => field.IsDefault ? [] : field; init; }

    /// <summary>Its place among the variants of its family; equal places are sorted by SKU.</summary>
    [Id(14)] public int Position { get; init; }

    /// <summary>Returns the value of an option. A variant without the option has it as an attribute; null when it has neither.</summary>
    public string? ValueOf(string option)
    {
        foreach (var own in Options)
        {
            if (own.Name.Equals(option, StringComparison.OrdinalIgnoreCase))
                return own.Value;
        }
        return Attributes.GetValueOrDefault(option);
    }

    /// <summary>Columns of an imported file that are kept for exports; only administrators get them, in exports.</summary>
    [Id(15), JsonIgnore]
    public ImmutableSortedDictionary<string, string> Columns { get => field ?? ImmutableSortedDictionary<string, string>.Empty; init; }

    /// <summary>What the images show, by their entries in <see cref="Images"/>.</summary>
    [Id(16), JsonIgnore]
    public ImmutableSortedDictionary<string, string> ImageAlts { get => field ?? ImmutableSortedDictionary<string, string>.Empty; init; }

    /// <summary>The images with what they show and, for uploaded ones, all their sizes; in the order of <c>images</c>.</summary>
    public ImmutableArray<ProductMedia> Media => [.. Images.Select(url => new ProductMedia(url, ImageAlts.GetValueOrDefault(url, "")))];

    /// <summary>When it goes on sale by itself; null for never.</summary>
    [Id(17)] public DateTimeOffset? PublishAt { get; init; }

    /// <summary>When <see cref="CurrentPrices"/> change by themselves next; null for never.</summary>
    [Id(10), JsonIgnore] public DateTimeOffset? PricesChangeAt { get; init; }
}

/// <summary>The availability of a product.</summary>
[Alias("soonshop.availability")]
public enum Availability
{
    /// <summary>More units than the low-stock threshold.</summary>
    InStock,
    /// <summary>At least one unit, but no more than the low-stock threshold.</summary>
    LowStock,
    /// <summary>No units, or not on sale.</summary>
    OutOfStock,
}

/// <summary>The data of a product that carts and orders need.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.offer")]
public sealed record PriceOffer(string Sku, string Name, Money Price, bool Active)
{
    /// <summary>True while the product has never been on sale: for buyers it does not exist.</summary>
    [Id(0)] public bool IsDraft { get; init; }

    /// <summary>What its price depends on; null from a silo of an older version.</summary>
    [Id(1)] public PricedProduct? Product { get; init; }

    /// <summary>What its price depends on. A silo of an older version knows only the price in the shop's currency.</summary>
    public PricedProduct ToPricedProduct() => Product ?? PricedProduct.Of(Sku, Price);
}
