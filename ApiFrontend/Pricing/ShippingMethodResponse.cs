using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>A way to send an order, or to pick it up.</summary>
internal sealed record ShippingMethodResponse : RuleResponse
{
    private readonly ShippingMethod method;

    public ShippingMethodResponse(StoredRule stored) : base(stored) =>
        (method, Position) = ((ShippingMethod)stored.Rule.Content, stored.Rule.Position);

    /// <summary>The name that shoppers see.</summary>
    public string Name => method.Name;

    /// <summary>False when it is switched off.</summary>
    public bool Enabled => method.Enabled;

    /// <summary>Its place among the methods, from 0; null when it is archived.</summary>
    public int? Position { get; }

    /// <summary>Delivery or pickup.</summary>
    public ShippingKind Kind => method.Kind;

    /// <summary>The name of the carrier; null for none.</summary>
    public string? Carrier => method.Carrier;

    /// <summary>The fewest days until delivery.</summary>
    public int MinDays => method.MinDays;

    /// <summary>The most days until delivery.</summary>
    public int MaxDays => method.MaxDays;

    /// <summary>The address of tracking pages with <c>{number}</c> in place of the tracking number; null for none.</summary>
    public string? TrackingUrlTemplate => method.TrackingUrlTemplate;

    /// <summary>The tax category of the shipping costs.</summary>
    public string TaxCategory => method.TaxCategory;

    /// <summary>The prices by zone and currency.</summary>
    public ImmutableArray<ShippingPriceResponse> Prices => [.. method.Prices.Select(p => new ShippingPriceResponse(p))];

    /// <summary>The least weight of all units that need shipping, in grams; null for no limit.</summary>
    public long? MinWeightGrams => method.MinWeightGrams;

    /// <summary>The greatest weight of all units that need shipping, in grams; null for no limit.</summary>
    public long? MaxWeightGrams => method.MaxWeightGrams;

    /// <summary>The size classes that it carries; empty for all.</summary>
    public ImmutableArray<string> SizeClasses => method.SizeClasses;

    /// <summary>The customer groups that it is for; empty for everybody.</summary>
    public ImmutableArray<string> CustomerGroups => method.CustomerGroups;
}

/// <summary>The price of a shipping method in one zone and currency.</summary>
internal sealed record ShippingPriceResponse
{
    private readonly ShippingPrice price;

    public ShippingPriceResponse(ShippingPrice price) => this.price = price;

    /// <summary>The id of a shipping zone.</summary>
    public string ZoneId => price.ZoneId;

    /// <summary>The currency (ISO 4217).</summary>
    public string Currency => price.Currency;

    /// <summary>How the price is found.</summary>
    public ShippingPriceKind Kind => price.Kind;

    /// <summary>The flat price, or the part of a price per item that does not depend on the units, in minor units.</summary>
    public long Amount => price.Amount;

    /// <summary>The price of each unit that needs shipping, for <c>perItem</c>, in minor units.</summary>
    public long AmountPerItem => price.AmountPerItem;

    /// <summary>The tiers by weight or value, by rising <c>from</c>. Below the first tier the method is not offered.</summary>
    public ImmutableArray<ShippingTier> Tiers => price.Tiers;

    /// <summary>The value of the goods after discounts, in minor units, from which it is free; null for never.</summary>
    public long? FreeFrom => price.FreeFrom;
}
