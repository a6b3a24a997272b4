namespace SoonShop.Pricing;

/// <summary>A way to send an order, or to pick it up.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.shipping-method")]
public sealed record ShippingMethod
{
    /// <summary>The id, a slug.</summary>
    [Id(0)] public string Id { get; init; } = "";

    /// <summary>The name that shoppers see.</summary>
    [Id(1)] public string Name { get; init; } = "";

    /// <summary>False switches it off.</summary>
    [Id(2)] public bool Enabled { get; init; } = true;

    /// <summary>Delivery or pickup.</summary>
    [Id(3)] public ShippingKind Kind { get; init; }

    /// <summary>The carrier's name; null for none.</summary>
    [Id(4)] public string? Carrier { get; init; }

    /// <summary>The fewest days until delivery, 0–365.</summary>
    [Id(5)] public int MinDays { get; init; }

    /// <summary>The most days until delivery, from <see cref="MinDays"/> to 365.</summary>
    [Id(6)] public int MaxDays { get; init; }

    /// <summary>The address of tracking pages with <c>{number}</c> in place of the tracking number; null for none.</summary>
    [Id(7)] public string? TrackingUrlTemplate { get; init; }

    /// <summary>The tax category of the shipping costs; see <see cref="Pricing.TaxCategory"/>.</summary>
    [Id(8)] public string TaxCategory { get; init; } = Pricing.TaxCategory.Standard;

    /// <summary>The prices by zone and currency. Where it has no price it is not offered.</summary>
    [Id(9)] public ImmutableArray<ShippingPrice> Prices { get; init; } = [];

    /// <summary>The least weight of all units that need shipping, in grams; null for no limit.</summary>
    [Id(10)] public long? MinWeightGrams { get; init; }

    /// <summary>The greatest weight of all units that need shipping, in grams; null for no limit.</summary>
    [Id(11)] public long? MaxWeightGrams { get; init; }

    /// <summary>The size classes that it carries; empty for all. A product without a size class fits everywhere.</summary>
    [Id(12)] public ImmutableArray<string> SizeClasses { get; init; } = [];

    /// <summary>The customer groups that it is for; empty for everybody.</summary>
    [Id(13)] public ImmutableArray<string> CustomerGroups { get; init; } = [];
}

/// <summary>The price of a shipping method in one zone and currency.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.shipping-price")]
public sealed record ShippingPrice
{
    /// <summary>The id of a shipping zone.</summary>
    [Id(0)] public string ZoneId { get; init; } = "";

    /// <summary>The currency (ISO 4217).</summary>
    [Id(1)] public string Currency { get; init; } = "";

    /// <summary>How the price is found.</summary>
    [Id(2)] public ShippingPriceKind Kind { get; init; }

    /// <summary>The flat price, or the part of a price per item that does not depend on the units. Minor units.</summary>
    [Id(3)] public long Amount { get; init; }

    /// <summary>The price of each unit that needs shipping, for <see cref="ShippingPriceKind.PerItem"/>. Minor units.</summary>
    [Id(4)] public long AmountPerItem { get; init; }

    /// <summary>The tiers by weight or value, by rising <see cref="ShippingTier.From"/>. Below the first tier it is not offered.</summary>
    [Id(5)] public ImmutableArray<ShippingTier> Tiers { get; init; } = [];

    /// <summary>The value of the goods after discounts, in minor units, from which it is free; null for never.</summary>
    [Id(6)] public long? FreeFrom { get; init; }
}

/// <summary>A tier of a shipping price. It ends where the next one begins.</summary>
/// <param name="From">The least weight in grams, or the least value of the goods after discounts in minor units.</param>
/// <param name="Amount">The price in minor units; null to offer nothing from here on, such as above a weight.</param>
[GenerateSerializer, Immutable, Alias("soonshop.shipping-tier")]
public readonly record struct ShippingTier(long From, long? Amount);

/// <summary>Delivery or pickup.</summary>
[Alias("soonshop.shipping-kind")]
public enum ShippingKind
{
    /// <summary>A carrier delivers it.</summary>
    Delivery,
    /// <summary>The buyer picks it up.</summary>
    Pickup,
}

/// <summary>How a shipping price is found.</summary>
[Alias("soonshop.shipping-price-kind")]
public enum ShippingPriceKind
{
    /// <summary>One price.</summary>
    Flat,
    /// <summary>By tiers of the weight of all units that need shipping.</summary>
    ByWeight,
    /// <summary>By tiers of the value of the goods after discounts.</summary>
    ByValue,
    /// <summary>A price for each unit that needs shipping.</summary>
    PerItem,
}
