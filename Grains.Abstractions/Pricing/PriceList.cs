namespace SoonShop.Pricing;

/// <summary>
/// A price list. Its prices stand with the products (<see cref="ProductPrice.ListId"/>). Of all lists that apply to the buyer at the time,
/// the first one with a price that fits decides; the order is by priority, then by id.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.price-list")]
public sealed record PriceList
{
    /// <summary>The id, a slug.</summary>
    [Id(0)] public string Id { get; init; } = "";

    /// <summary>The name for administrators.</summary>
    [Id(1)] public string Name { get; init; } = "";

    /// <summary>False switches it off.</summary>
    [Id(2)] public bool Enabled { get; init; } = true;

    /// <summary>Lower numbers come first.</summary>
    [Id(3)] public int Priority { get; init; }

    /// <summary>
    /// The customer groups that it is for; empty for everybody, in a list of an earlier version. The catalog does not show the prices of
    /// lists, so a new list has groups.
    /// </summary>
    [Id(4)] public ImmutableArray<string> CustomerGroups { get; init; } = [];

    /// <summary>The first instant at which it applies; null for no limit.</summary>
    [Id(5)] public DateTimeOffset? From { get; init; }

    /// <summary>The first instant at which it no longer applies; null for no limit.</summary>
    [Id(6)] public DateTimeOffset? To { get; init; }
}

/// <summary>
/// A price of a product. Of the prices of one list that are in force, the one with the largest minimum quantity that fits counts. Of
/// equal minimum quantities the later <see cref="From"/> counts, then the lower amount.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.product-price")]
public readonly record struct ProductPrice
{
    /// <summary>Creates a base price.</summary>
    /// <param name="currency">The currency (ISO 4217).</param>
    /// <param name="amount">Minor units, 0–<see cref="PricingLimits.MaxPrice"/>; any other amount is no price.</param>
    public ProductPrice(string currency, long amount) => (Currency, Amount) = (currency, amount);

    /// <summary>The price list; null for the base price, which counts when no list has a price that fits.</summary>
    [Id(0)] public string? ListId { get; init; }

    /// <summary>The currency (ISO 4217).</summary>
    [Id(1)] public string Currency { get; init; }

    /// <summary>The price of one unit, in minor units.</summary>
    [Id(2)] public long Amount { get; init; }

    /// <summary>The units of the product in the cart from which the price applies; 0 and 1 mean the same.</summary>
    [Id(3)] public int MinQuantity { get; init; }

    /// <summary>The first instant at which it applies; null for no limit.</summary>
    [Id(4)] public DateTimeOffset? From { get; init; }

    /// <summary>The first instant at which it no longer applies; null for no limit.</summary>
    [Id(5)] public DateTimeOffset? To { get; init; }

    /// <summary>
    /// The price that a base price is compared with, in minor units, such as the price that the manufacturer recommends; null for none.
    /// </summary>
    [Id(6)] public long? CompareAt { get; init; }
}

/// <summary>What everybody pays for one unit of a product now, in one currency.</summary>
/// <param name="Price">The price.</param>
/// <param name="CompareAtPrice">The higher price that it is compared with; null when the price is not reduced.</param>
/// <param name="LowestPrice30Days">
/// The lowest price in the 30 days before the reduction, which shops in the European Union must show with it (article 6a of directive
/// 98/6/EC). Null when the price is not reduced, and when the product had no price before.
/// </param>
[GenerateSerializer, Immutable, Alias("soonshop.current-price")]
public sealed record CurrentPrice(Money Price, Money? CompareAtPrice, Money? LowestPrice30Days);
