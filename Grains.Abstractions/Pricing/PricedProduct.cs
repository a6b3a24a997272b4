namespace SoonShop.Pricing;

/// <summary>What prices depend on of a product.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.priced-product")]
public sealed record PricedProduct
{
    /// <summary>Returns a product of which a silo of an older version tells only one price.</summary>
    public static PricedProduct Of(string sku, Money price) => new()
    {
        Sku = sku,
        Category = "",
        Prices = [new ProductPrice(price.Currency, price.Amount)],
    };

    /// <summary>The stock keeping unit.</summary>
    [Id(0)] public required string Sku { get; init; }

    /// <summary>The category, such as <c>kitchen/drinkware</c>.</summary>
    [Id(1)] public required string Category { get; init; }

    /// <summary>The prices in all currencies and lists.</summary>
    [Id(2)] public required ImmutableArray<ProductPrice> Prices { get; init; }

    /// <summary>The attributes, such as <c>colour: blue</c>.</summary>
    [Id(3)] public IReadOnlyDictionary<string, string> Attributes { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The weight of one unit in grams, 0–1,000,000,000.</summary>
    [Id(4)] public int WeightGrams { get; init; }

    /// <summary>The size class, such as <c>bulky</c>; null for none.</summary>
    [Id(5)] public string? SizeClass { get; init; }

    /// <summary>The tax category; see <see cref="Pricing.TaxCategory"/>.</summary>
    [Id(6)] public string TaxCategory { get; init; } = Pricing.TaxCategory.Standard;

    /// <summary>False for what is not sent, such as a download.</summary>
    [Id(7)] public bool RequiresShipping { get; init; } = true;
}
